using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>What a save changes: what its entities' former values remove, made at once, and what their new ones remove, made when the database has said all of them.</summary>
internal sealed class ChangedEntities
{
    private readonly ChangeTracker _tracker;
    private readonly InvalidationRules _rules;
    private readonly TrackedEntries _tracked;
    private readonly HashSet<object> _affected = new(ReferenceEqualityComparer.Instance);
    private readonly Removals _before = new();
    private readonly List<(EntityEntry Entry, InvalidationRule[] Rules)> _after = [];

    public ChangedEntities(ChangeTracker tracker, InvalidationRules rules)
    {
        (_tracker, _rules) = (tracker, rules);
        using var pause = new LazyLoadingPause(tracker);
        _tracked = new(tracker);
        foreach (var entry in _tracked.All.Where(static entry => entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted))
        {
            Affect(entry);
        }
    }

    public void AddTo(Removals removals)
    {
        using var pause = new LazyLoadingPause(_tracker);
        removals.Add(_before);
        foreach (var (entry, rules) in _after)
        {
            AddTo(removals, rules, EntityCopy.OfCurrent(entry));
        }
    }

    private static void AddTo(Removals removals, InvalidationRule[] rules, object entity)
    {
        foreach (var rule in rules)
        {
            removals.Add(rule, entity);
        }
    }

    /// <summary>An entity, and those that it is a part of: its owner, and both ends of a many-to-many relationship.</summary>
    private void Affect(EntityEntry entry)
    {
        if (!_affected.Add(entry.Entity))
        {
            return;
        }

        var rules = _rules.Of(entry.Metadata);
        if (rules.Length > 0 && entry.State != EntityState.Added)
        {
            AddTo(_before, rules, EntityCopy.OfOriginal(entry, _tracked));
        }

        if (rules.Length > 0 && entry.State != EntityState.Deleted)
        {
            _after.Add((entry, rules));
        }

        foreach (var key in entry.Metadata.GetForeignKeys().Where(static key => key.IsOwnership || key.GetReferencingSkipNavigations().Any()))
        {
            foreach (var whole in _tracked.PrincipalsOf(entry, key))
            {
                if (whole is not null)
                {
                    Affect(whole);
                }
                else if (rules.Length == 0 && _rules.Of(key.PrincipalEntityType).Length > 0)
                {
                    throw Unknown(entry, key);
                }
            }
        }
    }

    private static InvalidOperationException Unknown(EntityEntry entry, IForeignKey key) =>
        new($"A row of {entry.Metadata.DisplayName()} changes whose {key.PrincipalEntityType.DisplayName()} the context does not track, so that it is not known what to remove from the cache. "
            + $"Load it before, or say what the row itself removes: On(\"{entry.Metadata.Name}\", ..) in UseSolidCacheInvalidation().");
}
