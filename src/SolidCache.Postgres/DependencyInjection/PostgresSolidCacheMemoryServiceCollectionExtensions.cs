using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres;
using SolidCache.Postgres.Hybrid;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps memory right that others than the cache keep.</summary>
public static class PostgresSolidCacheMemoryServiceCollectionExtensions
{
    /// <summary>
    /// Removes from the process' <see cref="IMemoryCache"/> whatever is replaced or removed in the table under the same key, by whichever node or statement: for Microsoft's
    /// <c>AddHybridCache</c> over this cache, which keeps its memory there under the keys of its entries. The memory of other nodes then follows a
    /// <see cref="HybridCache.RemoveAsync(string, CancellationToken)"/> or <see cref="HybridCache.SetAsync{T}"/> within milliseconds.
    /// </summary>
    /// <remarks>
    /// It is less than <c>AddPostgresSolidHybridCache</c> does: a value that is being read while it is changed may be remembered after all; memory is served on while the database is
    /// away; removals by tag stay with the node that did them; and a node forgets what it has just set itself, too. It rests on how Microsoft's implementation names what it
    /// remembers, which its documentation does not promise. It switches the log of changes on (<see cref="SolidCacheInvalidationOptions.Enabled"/>), and runs with the host.
    /// </remarks>
    /// <param name="services">The services, to which <c>AddPostgresSolidCache</c> adds the cache.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddPostgresSolidCacheMemoryEviction(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMemoryCache();
        services.Configure<PostgresSolidCacheOptions>(static options => options.Invalidation.Enabled = true);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, MemoryEviction>());
        return services;
    }
}
