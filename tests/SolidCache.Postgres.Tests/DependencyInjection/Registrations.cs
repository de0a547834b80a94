using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>Every way to register a cache, so that a rule can be held against all of them. The database is away: none connects.</summary>
internal static class Registrations
{
    public const string Key = "sessions";

    private static readonly IConfiguration Section = new ConfigurationBuilder()
        .AddInMemoryCollection([new("ConnectionString", AwayDatabase.ConnectionString)])
        .Build();

    public static IReadOnlyDictionary<string, Func<IServiceCollection, IServiceCollection>> Unkeyed { get; } =
        new Dictionary<string, Func<IServiceCollection, IServiceCollection>>
        {
            ["plain"] = services => services.AddNpgsqlDataSource().AddPostgresSolidCache(),
            ["options"] = services => services.AddPostgresSolidCache(options => options.ConnectionString = AwayDatabase.ConnectionString),
            ["options and services"] = services => services.AddPostgresSolidCache((_, options) => options.ConnectionString = AwayDatabase.ConnectionString),
            ["configuration"] = services => services.AddPostgresSolidCache(Section),
        };

    public static IReadOnlyDictionary<string, Func<IServiceCollection, IServiceCollection>> Keyed { get; } =
        new Dictionary<string, Func<IServiceCollection, IServiceCollection>>
        {
            ["plain"] = services => services.AddNpgsqlDataSource().AddKeyedPostgresSolidCache(Key),
            ["options"] = services => services.AddKeyedPostgresSolidCache(Key, options => options.ConnectionString = AwayDatabase.ConnectionString),
            ["options and services"] = services =>
                services.AddKeyedPostgresSolidCache(Key, (_, options) => options.ConnectionString = AwayDatabase.ConnectionString),
            ["configuration"] = services => services.AddKeyedPostgresSolidCache(Key, Section),
        };

    public static IServiceCollection AddNpgsqlDataSource(this IServiceCollection services) =>
        services.AddSingleton(_ => Npgsql.NpgsqlDataSource.Create(AwayDatabase.ConnectionString));
}
