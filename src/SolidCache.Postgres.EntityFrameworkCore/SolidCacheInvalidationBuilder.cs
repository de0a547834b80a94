using SolidCache.Postgres.EntityFrameworkCore.Invalidation;

namespace SolidCache.Postgres.EntityFrameworkCore;

/// <summary>
/// Says what of the cache was made of which entities: for <see cref="Microsoft.EntityFrameworkCore.SolidCacheDbContextOptionsBuilderExtensions.UseSolidCacheInvalidation(Microsoft.EntityFrameworkCore.DbContextOptionsBuilder, Action{SolidCacheInvalidationBuilder})"/>.
/// </summary>
/// <remarks>
/// <para>
/// Each function is asked twice for a changed entity, with its values before the change and after it (those made by the database included), once for one that
/// was added or deleted. It gets a copy with the entity's own properties, complex ones and references to owned entities; all other navigations are empty, and load nothing. EF
/// leaves complex properties that are mapped to JSON out of copies, and puts an object into them where one is null: make no keys of these.
/// </para>
/// <para>
/// An entity counts as changed, too, when one that it owns was, or when a row was that joins it to another one in a many-to-many relationship. What the context does not
/// know cannot be removed: the former values of an entity that was attached by <c>Update</c>, and rows that <c>ExecuteUpdate</c>, <c>ExecuteDelete</c>, raw SQL or a cascade in the database change.
/// </para>
/// </remarks>
public sealed class SolidCacheInvalidationBuilder
{
    private readonly List<InvalidationRule> _rules = [];
    private CacheChoice _cache = CacheChoice.OfServices;

    internal SolidCacheInvalidationBuilder()
    {
    }

    /// <summary>Removes an entry when an entity changes.</summary>
    /// <typeparam name="TEntity">The entity, a type that it derives from, or an interface.</typeparam>
    /// <param name="key">Makes the entry's key; null for none.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public SolidCacheInvalidationBuilder On<TEntity>(Func<TEntity, string?> key)
        where TEntity : class => Add(entityName: null, key, isTag: false);

    /// <summary>Removes an entry when an entity changes whose type alone does not say which: the row of a many-to-many relationship, a <c>Dictionary&lt;string, object&gt;</c>.</summary>
    /// <inheritdoc cref="On{TEntity}(Func{TEntity, string?})"/>
    /// <param name="entityName">Its name in the model.</param>
    /// <param name="key">Makes the entry's key; null for none.</param>
    public SolidCacheInvalidationBuilder On<TEntity>(string entityName, Func<TEntity, string?> key)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(entityName);
        return Add(entityName, key, isTag: false);
    }

    /// <summary>Removes all entries with a tag when an entity changes.</summary>
    /// <typeparam name="TEntity">The entity, a type that it derives from, or an interface.</typeparam>
    /// <param name="tag">Makes the tag; null for none.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    public SolidCacheInvalidationBuilder TagOn<TEntity>(Func<TEntity, string?> tag)
        where TEntity : class => Add(entityName: null, tag, isTag: true);

    /// <summary>Removes all entries with a tag when an entity changes whose type alone does not say which.</summary>
    /// <inheritdoc cref="TagOn{TEntity}(Func{TEntity, string?})"/>
    /// <param name="entityName">Its name in the model.</param>
    /// <param name="tag">Makes the tag; null for none.</param>
    public SolidCacheInvalidationBuilder TagOn<TEntity>(string entityName, Func<TEntity, string?> tag)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(entityName);
        return Add(entityName, tag, isTag: true);
    }

    /// <summary>Chooses the cache. Without this it is the <see cref="ISolidCache"/> of the application's services.</summary>
    /// <param name="cache">The cache, in the database of the context.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/> is null.</exception>
    public SolidCacheInvalidationBuilder UseCache(ISolidCache cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        _cache = CacheChoice.Of(cache);
        return this;
    }

    /// <summary>Chooses the cache that <c>AddKeyedPostgresSolidCache</c> has registered.</summary>
    /// <param name="serviceKey">Its key.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="serviceKey"/> is null.</exception>
    public SolidCacheInvalidationBuilder UseKeyedCache(object serviceKey)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        _cache = CacheChoice.OfKeyedServices(serviceKey);
        return this;
    }

    internal InvalidationInterceptor Build() => new(new InvalidationRules([.. _rules]), _cache);

    private SolidCacheInvalidationBuilder Add<TEntity>(string? entityName, Func<TEntity, string?> name, bool isTag)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(name);
        _rules.Add(new(typeof(TEntity), entityName, isTag, entity => name((TEntity)entity)));
        return this;
    }
}
