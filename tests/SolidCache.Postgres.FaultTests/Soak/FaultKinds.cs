using Npgsql;
using SolidCache.Postgres.FaultTests.Servers;

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
        new("kill -9 of all backends", 0.5, 2, occasion =>
        {
            occasion.Site.Cluster.KillNineChildren();
            return occasion.PassAsync();
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
        new("PgBouncer killed", 0, 3, async occasion =>
        {
            await occasion.Site.Pooler.KillNineAsync();
            await occasion.PassAsync();
            await occasion.Site.Pooler.StartAsync();
        }),
        new("rows locked", 0.5, 7, occasion => LockAsync(
            occasion, "SELECT FROM solid_cache_entries WHERE key = ANY($1) ORDER BY key FOR UPDATE", new NpgsqlParameter { Value = occasion.Keys.Take(4).ToArray() })),
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
