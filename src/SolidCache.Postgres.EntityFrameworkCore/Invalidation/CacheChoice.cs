using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>Which cache it is.</summary>
internal sealed class CacheChoice
{
    private readonly Func<IServiceProvider?, ISolidCache?> _find;
    private readonly string _name;

    private CacheChoice(Func<IServiceProvider?, ISolidCache?> find, string name) => (_find, _name) = (find, name);

    public static CacheChoice OfServices { get; } = new(static services => services?.GetService<ISolidCache>(), "no ISolidCache");

    public static CacheChoice OfKeyedServices(object key) => new(services => services?.GetKeyedService<ISolidCache>(key), $"no ISolidCache with the key '{key}'");

    public static CacheChoice Of(ISolidCache cache) => new(_ => cache, "");

    /// <exception cref="InvalidOperationException">There is none.</exception>
    public ISolidCache For(DbContext context) =>
        _find(context.GetService<IDbContextOptions>().FindExtension<CoreOptionsExtension>()?.ApplicationServiceProvider)
        ?? throw new InvalidOperationException(
            $"{context.GetType().Name} shall remove what it changes from the cache, but there is {_name} in the application's services. "
            + "Register one with AddPostgresSolidCache() and the context with AddDbContext(), or pass the cache to UseCache() in UseSolidCacheInvalidation().");
}
