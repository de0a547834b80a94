using System.Collections;
using System.Diagnostics.CodeAnalysis;
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

    public EntityEntry? PrincipalOf(EntityEntry dependent, IForeignKey key)
    {
        if (!_principals.TryGetValue(key.PrincipalKey, out var principals))
        {
            _principals[key.PrincipalKey] = principals = ByValues(key.PrincipalKey.DeclaringEntityType, key.PrincipalKey.Properties, static _ => true);
        }

        return principals.GetValueOrDefault(Values(dependent, key.Properties));
    }

    /// <summary>The entity that another one owned before the save.</summary>
    public EntityEntry? FormerPartOf(EntityEntry owner, IForeignKey ownership)
    {
        if (!_formerParts.TryGetValue(ownership, out var parts))
        {
            _formerParts[ownership] = parts = ByValues(ownership.DeclaringEntityType, ownership.Properties, static entry => entry.State != EntityState.Added);
        }

        return parts.GetValueOrDefault(Values(owner, ownership.PrincipalKey.Properties));
    }

    private static object?[] Values(EntityEntry entry, IReadOnlyList<IProperty> properties) =>
        [.. properties.Select(property => entry.State == EntityState.Added ? entry.Property(property).CurrentValue : entry.Property(property).OriginalValue)];

    private Dictionary<object?[], EntityEntry> ByValues(IEntityType type, IReadOnlyList<IProperty> properties, Func<EntityEntry, bool> condition)
    {
        var entries = new Dictionary<object?[], EntityEntry>(new ElementComparer());
        foreach (var entry in All.Where(entry => type.IsAssignableFrom(entry.Metadata) && condition(entry)))
        {
            entries.TryAdd(Values(entry, properties), entry);
        }

        return entries;
    }

    private sealed class ElementComparer : IEqualityComparer<object?[]>
    {
        public bool Equals(object?[]? x, object?[]? y) => StructuralComparisons.StructuralEqualityComparer.Equals(x, y);

        public int GetHashCode([DisallowNull] object?[] obj) => StructuralComparisons.StructuralEqualityComparer.GetHashCode(obj);
    }
}
