using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>
/// A short round of every verb, the sweeps, the statistics and the health of a node in odd circumstances, beside another in none: what either stores, replaces
/// or removes, both see.
/// </summary>
internal static class Round
{
    private const string Odd = "ключ é€\U0001F511'\\\"%_";
    private static readonly string OddInLatin1 = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Odd));
    private static readonly string[] Keys = [.. Enumerable.Range(0, 30).Select(number => $"{Odd}:{number}")];
    private static readonly DistributedCacheEntryOptions AMinute = new() { SlidingExpiration = TimeSpan.FromMinutes(1) };

    public static async Task<CacheHost> StartAsync(string table, string? connectionString, Action<IServiceCollection>? services = null)
    {
        var node = Build(table, connectionString, services);
        await node.StartAsync();
        return node;
    }

    public static CacheHost Build(string table, string? connectionString, Action<IServiceCollection>? services = null) => CacheHost.Build(
        "",
        options => (options.ConnectionString, options.TableName, options.SweepExpiredEntries) = (connectionString, table, true),
        collection =>
        {
            services?.Invoke(collection);
            collection.AddHealthChecks().AddPostgresSolidCache();
        });

    public static async Task RunAsync(CacheHost node, TestDatabase database, string table, string? asWitness = null)
    {
        await using var witness = PostgresSolidCache.Create(asWitness ?? database.ConnectionString, options => (options.TableName, options.SweepExpiredEntries, options.CreateSchemaIfNotExists) = (table, false, false));
        var cache = node.Cache;
        await Eventually.TrueAsync(() => Warnings(node).Any() || node.Logs.GetSnapshot().Any(record => record.Id.Name == "cache_cleanup_executed"), "it sweeps");
        Assert.That(Warnings(node), Is.Empty);

        cache.Set(Odd, [1], AMinute);
        await witness.SetAsync(OddInLatin1, [2], AMinute);
        Assert.That((await witness.GetAsync(Odd), cache.Get(OddInLatin1)), Is.EqualTo(((byte[])[1], (byte[])[2])), "A key is itself and no other.");

        await Task.WhenAll(Keys.Select(key => cache.SetAsync(key, Encoding.UTF8.GetBytes(key), AMinute)));
        foreach (var reader in (ISolidCache[])[cache, witness])
        {
            Assert.That(await Task.WhenAll(Keys.Select(key => reader.GetStringAsync(key))), Is.EqualTo(Keys));
        }

        await database.ExecuteAsync($"UPDATE {table} SET expires_at = expires_at - interval '30 seconds'");
        await cache.RefreshAsync(Keys[6]);
        await cache.GetAsync(Keys[7]);
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(Keys[6..8].Select(key => witness.GetTimeToLiveAsync(key)))).All(static left => left > TimeSpan.FromSeconds(50)), "they were extended");
        Assert.That(await cache.GetTimeToLiveAsync(Keys[8]), Is.GreaterThan(TimeSpan.FromSeconds(20)).And.LessThan(TimeSpan.FromSeconds(37)));

        cache.Remove(Keys[0]);
        await Task.WhenAll(Keys[1..6].Select(key => cache.RemoveAsync(key)));
        Assert.That(await Task.WhenAll(Keys[..7].Select(key => witness.ExistsAsync(key))), Is.EqualTo((bool[])[false, false, false, false, false, false, true]));
        Assert.That(await cache.RemoveByPatternAsync("%:1_"), Is.EqualTo(10));
        await database.ExecuteAsync($"UPDATE {table} SET expires_at = now() WHERE key LIKE '%:2_'");
        Assert.That(await cache.ExistsAsync(Keys[20]), Is.False);
        Assert.That(await cache.RemoveExpiredAsync(), Is.EqualTo(10));
        Assert.That((await cache.GetStatisticsAsync()).TotalEntries, Is.EqualTo(6));
        Assert.That((await node.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(await cache.RemoveByPrefixAsync(Odd), Is.EqualTo(5));
        Assert.That(await witness.GetAsync(OddInLatin1), Is.EqualTo((byte[])[2]));

        Assert.That(Warnings(node), Is.Empty);
    }

    private static readonly string[] Busy = ["25P03", "It takes longer than"];

    /// <summary>But for two of a busy machine, which are tried again: a millisecond passes between the beginning of a transaction and what lifts a limit of one (25P03), and five seconds while a node starts.</summary>
    private static IEnumerable<string> Warnings(CacheHost node) =>
        from record in node.Logs.GetSnapshot()
        where record.Level >= LogLevel.Warning && !(record.Message.Contains("trying again", StringComparison.Ordinal) && Busy.Any(busy => record.Message.Contains(busy, StringComparison.Ordinal)))
        select record.Message;
}
