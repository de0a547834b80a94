namespace SolidCache.Postgres.Benchmarks.Servers;

/// <summary>Where the servers are, as eng/benchmark.sh tells it in the environment.</summary>
internal static class ServerAddresses
{
    private const string PostgresVariable = "SOLIDCACHE_BENCHMARK_POSTGRES";
    private const string RedisVariable = "SOLIDCACHE_BENCHMARK_REDIS";

    /// <summary>Gets an Npgsql connection string of a superuser; the database's objects that a benchmark needs are dropped and made anew.</summary>
    public static string Postgres => Read(PostgresVariable);

    /// <summary>Gets a StackExchange.Redis configuration; the server is emptied.</summary>
    public static string Redis => Read(RedisVariable);

    private static string Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } address
            ? address
            : throw new InvalidOperationException($"{variable} is not set. Start the benchmarks with eng/benchmark.sh.");
}
