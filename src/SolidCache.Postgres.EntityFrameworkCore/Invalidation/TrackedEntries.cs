using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>All entries of a context, and how they belong together.</summary>
internal sealed class TrackedEntries
{
    private readonly Dictionary<IKey, Dictionary<object?[], EntityEntry>> _principals = [];
    private readonly Dictionary<IForeignKey, Dictionary<object?[], EntityEntry>> _formerParts = [];

    public TrackedEntries(ChangeTracker tracker)
    {
        // The save has looked for changes already, and by now it writes them.
        var detects = tracker.AutoDetectChangesEnabled;
        tracker.AutoDetectChangesEnabled = false;
        try
        {
            All = [.. tracker.Entries()];
        }
        finally
        {
            tracker.AutoDetectChangesEnabled = detects;
        }
    }

    public IReadOnlyList<EntityEntry> All { get; }

    /// <summary>The entities that another one belonged to before the save, and that it belongs to now; null for one that is not tracked.</summary>
    public IEnumerable<EntityEntry?> PrincipalsOf(EntityEntry dependent, IForeignKey key)
    {
        if (!_principals.TryGetValue(key.PrincipalKey, out var principals))
        {
            _principals[key.PrincipalKey] = principals = ByValues(key.PrincipalKey.DeclaringEntityType, key.PrincipalKey.Properties, key.PrincipalKey, static _ => true);
        }

        return Sides(dependent, key.Properties)
            .Where(static values => !values.Contains(null))
            .Distinct(principals.Comparer)
            .Select(values => principals.GetValueOrDefault(values));
    }

    /// <summary>The entity that another one owned before the save.</summary>
    public EntityEntry? FormerPartOf(EntityEntry owner, IForeignKey ownership)
    {
        if (!_formerParts.TryGetValue(ownership, out var parts))
        {
            _formerParts[ownership] = parts = ByValues(ownership.DeclaringEntityType, ownership.Properties, ownership.PrincipalKey, static entry => entry.State != EntityState.Added);
        }

        return parts.GetValueOrDefault(Values(owner, ownership.PrincipalKey.Properties));
    }

    private static IEnumerable<object?[]> Sides(EntityEntry entry, IReadOnlyList<IProperty> properties)
    {
        if (entry.State != EntityState.Added)
        {
            yield return [.. properties.Select(property => entry.Property(property).OriginalValue)];
        }

        if (entry.State != EntityState.Deleted)
        {
            yield return [.. properties.Select(property => entry.Property(property).CurrentValue)];
        }
    }

    private static object?[] Values(EntityEntry entry, IReadOnlyList<IProperty> properties) => Sides(entry, properties).First();

    private Dictionary<object?[], EntityEntry> ByValues(IEntityType type, IReadOnlyList<IProperty> properties, IKey key, Func<EntityEntry, bool> condition)
    {
        var entries = new Dictionary<object?[], EntityEntry>(new KeyComparer([.. key.Properties.Select(static property => property.GetKeyValueComparer())]));
        foreach (var entry in All.Where(entry => type.IsAssignableFrom(entry.Metadata) && condition(entry)))
        {
            entries.TryAdd(Values(entry, properties), entry);
        }

        return entries;
    }

    /// <summary>As the model compares keys: their types may say nothing of it.</summary>
    private sealed class KeyComparer(ValueComparer[] comparers) : IEqualityComparer<object?[]>
    {
        public bool Equals(object?[]? x, object?[]? y) => comparers.Index().All(part => part.Item.Equals(x![part.Index], y![part.Index]));

        public int GetHashCode(object?[] obj)
        {
            var hash = default(HashCode);
            foreach (var (index, comparer) in comparers.Index())
            {
                hash.Add(obj[index] is { } value ? comparer.GetHashCode(value) : 0);
            }

            return hash.ToHashCode();
        }
    }
}
