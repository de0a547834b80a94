using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>
/// An entity as it was, or as it will be: only a copy can be the first, and the second too, since EF tells an entity what the database made, such as its
/// identity, after the commit. With the references to what it owns.
/// </summary>
internal static class EntityCopy
{
    public static object OfOriginal(EntityEntry entry, TrackedEntries tracked) =>
        Of(entry.OriginalValues, entry, owned => tracked.FormerPartOf(entry, owned.ForeignKey), part => OfOriginal(part, tracked));

    public static object OfCurrent(EntityEntry entry) =>
        Of(entry.CurrentValues, entry, owned => entry.Reference(owned).TargetEntry, OfCurrent);

    private static object Of(PropertyValues values, EntityEntry entry, Func<INavigation, EntityEntry?> part, Func<EntityEntry, object> copyOf)
    {
        var copy = values.ToObject();
        foreach (var owned in entry.Metadata.GetNavigations().Where(static navigation => navigation.ForeignKey.IsOwnership && !navigation.IsOnDependent && !navigation.IsCollection))
        {
            if (part(owned) is { } entity)
            {
                Set(copy, owned, copyOf(entity));
            }
        }

        return copy;
    }

    private static void Set(object copy, INavigation navigation, object value)
    {
        if (navigation.FieldInfo is { } field)
        {
            field.SetValue(copy, value);
        }
        else
        {
            navigation.PropertyInfo?.SetValue(copy, value);
        }
    }
}
