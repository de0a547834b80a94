namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>Keys and tags, each once.</summary>
internal sealed class Removals
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tags = new(StringComparer.Ordinal);

    public bool IsEmpty => _keys.Count + _tags.Count == 0;

    public void Add(InvalidationRule rule, object entity)
    {
        string? name;
        try
        {
            name = rule.Name(entity);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(
                $"What is to be removed from the cache for a changed {rule.EntityType.Name} could not be told: its function in UseSolidCacheInvalidation() has thrown. "
                + "It is given a copy of the entity without navigations to entities of other tables.",
                error);
        }

        if (name is not null)
        {
            (rule.IsTag ? _tags : _keys).Add(name);
        }
    }

    public void Add(Removals others)
    {
        _keys.UnionWith(others._keys);
        _tags.UnionWith(others._tags);
    }

    public void Clear()
    {
        _keys.Clear();
        _tags.Clear();
    }

    /// <summary>The tags first, which lock nothing; then all keys in one statement.</summary>
    public async Task ExecuteAsync(Func<ISolidCacheTransaction> transaction, bool async, CancellationToken cancellationToken)
    {
        if (IsEmpty)
        {
            return;
        }

        var cache = transaction();
        if (async)
        {
            await cache.RemoveByTagAsync(_tags, cancellationToken).ConfigureAwait(false);
            await cache.RemoveAsync(_keys, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            Execute(cache);
        }
    }

    private void Execute(ISolidCacheTransaction cache)
    {
        cache.RemoveByTag(_tags);
        cache.Remove(_keys);
    }
}
