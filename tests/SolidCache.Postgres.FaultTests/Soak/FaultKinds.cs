using Npgsql;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>The faults of the other tests, each of a random length. Some last longer than a call may.</summary>
internal static class FaultKinds
{
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("connections ended every half a second", 1, 4, EndConnectionsAsync),
        new("restart, fast", 0, 3, async occasion =>
        {
            await occasion.Site.Cluster.StopFastAsync();
            await StartLaterAsync(occasion);
        }),
        new("restart, immediate", 0, 3, async occasion =>
        {
            await occasion.Site.Cluster.StopAtOnceAsync();
            await StartLaterAsync(occasion);
        }) { IsCrash = true },
        new("kill -9 of all backends", 0.5, 2, async occasion =>
        {
            occasion.Site.Cluster.KillNineChildren();
            await occasion.PassAsync();
            // It replays its log by itself, which takes longer the more large values there are in it.
            await Eventually.TrueAsync(() => AcceptsAsync(occasion.Site.Cluster), "the server has recovered");
        }) { IsCrash = true },
        new("kill -9 of the server", 0, 3, async occasion =>
        {
            await occasion.Site.Cluster.KillNineAsync();
            await StartLaterAsync(occasion);
        }) { IsCrash = true },
        new("one backend frozen", 0.5, 8, FreezeOneAsync),
        new("server frozen", 0.5, 8, async occasion =>
        {
            occasion.Site.Cluster.Freeze();
            await occasion.PassAsync();
            occasion.Site.Cluster.Thaw();
        }),
        OnNetwork("network swallows everything", Traffic.Swallowed),
        OnNetwork("network holds everything back", Traffic.Held),
        OnNetwork("network is slow and stalls", Traffic.Slow),
        OnNetwork("network resets and refuses connections", Traffic.Refused),
        OnNetwork("network cuts answers off", Traffic.Torn),
        new("network delivers late", 0.5, 8, LateDeliveries.RunAsync),
        new("PgBouncer killed", 0, 3, async occasion =>
        {
            await occasion.Site.Pooler.KillNineAsync();
            await occasion.PassAsync();
            await occasion.Site.Pooler.StartAsync();
        }),
        new("rows locked", 0.5, 7, occasion => LockAsync(
            occasion, "SELECT FROM solid_cache_entries WHERE key = ANY($1) ORDER BY key FOR UPDATE", new NpgsqlParameter { Value = occasion.Keys.Take(4).ToArray() })),
        new("dozens of rows locked", 0.5, 7, LockAllAsync),
        new("table locked", 0.5, 7, occasion => LockAsync(occasion, "LOCK TABLE solid_cache_entries")),
        new("max_connections exhausted", 0.5, 4, async occasion =>
        {
            await using var others = new OtherClients(occasion.Site.Cluster);
            await others.TakeAllAsync();
            await occasion.PassAsync();
        }),
        ByStatements("rights revoked and granted again", CacheUser.Revoke, CacheUser.Grant),
        ByStatements("password changed and changed back", CacheUser.ChangePassword, CacheUser.ChangePasswordBack),
        ByStatements(
            "table renamed and renamed back",
            "ALTER TABLE solid_cache_entries RENAME TO gone",
            "ALTER TABLE gone RENAME TO solid_cache_entries"),
    ];

    /// <summary>Those whose names have a part in common.</summary>
    public static IReadOnlyList<Fault> Called(string part)
    {
        Fault[] called = [.. All.Where(fault => fault.Name.Contains(part, StringComparison.OrdinalIgnoreCase))];
        Assert.That(called, Is.Not.Empty, $"A fault is called something like '{part}'.");
        return called;
    }

    private static Fault OnNetwork(string name, Traffic traffic) => new(name, 0.5, 8, async occasion =>
    {
        occasion.Site.Network.Traffic = traffic;
        await occasion.PassAsync();
        occasion.Site.Network.Traffic = Traffic.Normal;
    });

    private static Fault ByStatements(string name, string begin, string end) => new(name, 0.5, 3, async occasion =>
    {
        await occasion.Site.Cluster.ExecuteAsync(begin);
        await occasion.PassAsync();
        await occasion.Site.Cluster.ExecuteAsync(end);
    });

    private static async Task StartLaterAsync(Occasion occasion)
    {
        await occasion.PassAsync();
        await occasion.Site.Cluster.StartAsync();
    }

    private static async Task<bool> AcceptsAsync(Cluster cluster)
    {
        try
        {
            await using var connection = await cluster.ConnectAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task EndConnectionsAsync(Occasion occasion)
    {
        var pause = TimeSpan.FromSeconds(0.5);
        for (var passed = TimeSpan.Zero; passed < occasion.Length; passed += pause)
        {
            await occasion.Site.Cluster.EndBackendsAsync();
            await Task.Delay(pause);
        }
    }

    private static async Task FreezeOneAsync(Occasion occasion)
    {
        var backends = await occasion.Site.Cluster.BackendPidsAsync();
        occasion.Site.Cluster.Freeze(backends[occasion.Random.Next(backends.Length)]);
        await occasion.PassAsync();
        occasion.Site.Cluster.Thaw();
    }

    /// <summary>The rows that are there, and with another client some of those that are not.</summary>
    private static async Task LockAllAsync(Occasion occasion)
    {
        var keys = occasion.Keys.Order(StringComparer.Ordinal).ToArray();
        await using var rows = await OtherTransaction.LockRowsAsync(occasion.Site.Cluster, $"key IN ({List(keys)})");
        var some = keys.Where(_ => occasion.Random.Next(2) == 0).Append(keys[^1]).Distinct();
        await using var absent = await OtherTransaction.StartAsync(
            occasion.Site.Cluster,
            $"INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', unnest(ARRAY[{List(some)}]), 'other' ON CONFLICT DO NOTHING");
        await occasion.PassAsync();
        await absent.RollBackAsync();
        await rows.RollBackAsync();

        static string List(IEnumerable<string> keys) => string.Join(", ", keys.Select(key => $"'{key}'"));
    }

    private static async Task LockAsync(Occasion occasion, string statement, params NpgsqlParameter[] parameters)
    {
        await using var other = await occasion.Site.Cluster.ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(statement, other, transaction);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync();
        await occasion.PassAsync();
    }
}
