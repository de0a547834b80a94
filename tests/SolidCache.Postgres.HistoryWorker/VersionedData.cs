using Npgsql;

namespace SolidCache.Postgres.HistoryWorker;

/// <summary>
/// Data that counts its versions, read through a cache and changed beside it: with rollbacks, pauses between removal and commit, and factories that are slower than
/// their leases. A read that begins after a commit was acknowledged may not return an older version.
/// </summary>
/// <param name="application">Connections of the application's.</param>
/// <param name="how">What removes an entry from the cache when its data change.</param>
/// <param name="isShared">Whether other processes change it too. What they have committed is asked of the data before each read.</param>
/// <param name="stale">Told of each read that should not have been.</param>
public sealed class VersionedData(NpgsqlDataSource application, RemovedBy how, bool isShared, Action<string> stale)
{
    private const int Rows = 12;
    private readonly long[] _acknowledged = new long[Rows];
    private long _reads;
    private long _writes;
    private long _failures;

    public long Reads => Volatile.Read(ref _reads);

    public long Writes => Volatile.Read(ref _writes);

    public long Failures => Volatile.Read(ref _failures);

    public async Task CreateAsync()
    {
        await using var command = application.CreateCommand(
            $"CREATE TABLE data AS SELECT id, 0::bigint AS version FROM generate_series(0, {Rows - 1}) AS id; ALTER TABLE data ADD PRIMARY KEY (id)"
            + (how == RemovedBy.Trigger ? $"; SELECT solid_cache_remove_on_change('data', '{Key("{id}")}')" : ""));
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>One caller, until he is stopped.</summary>
    public async Task CallAsync(ISolidCache cache, int seed, CancellationToken stopping)
    {
        var random = new Random(seed);
        await Task.Yield();
        while (!stopping.IsCancellationRequested)
        {
            var id = random.Next(Rows);
            try
            {
                await (random.Next(10) == 0 ? ChangeAsync(cache, id, random) : ReadAsync(cache, id));
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or SolidCacheException)
            {
                Interlocked.Increment(ref _failures);
            }
        }
    }

    private static string Key(object id) => $"data:{id}";

    private static string Tag(int id) => $"group:{id % 4}";

    private async Task ReadAsync(ISolidCache cache, int id)
    {
        var known = Math.Max(Volatile.Read(ref _acknowledged[id]), isShared ? await VersionAsync(id, CancellationToken.None) : 0);
        var found = await (how == RemovedBy.NobodyInTime ? CacheAsideAsync(cache, id) : GetOrCreateAsync(cache, id));
        Interlocked.Increment(ref _reads);
        if (found < known)
        {
            stale($"{Key(id)}: version {found} after {known} was acknowledged");
        }
    }

    private async Task ChangeAsync(ISolidCache cache, int id, Random random)
    {
        await using var connection = await application.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var update = new NpgsqlCommand("UPDATE data SET version = version + 1 WHERE id = $1 RETURNING version", connection, transaction) { Parameters = { new() { Value = id } } };
        var version = (long)(await update.ExecuteScalarAsync())!;
        await (how switch
        {
            RemovedBy.Key => cache.RemoveAsync(Key(id), transaction),
            RemovedBy.Tag => cache.RemoveByTagAsync(Tag(id), transaction),
            _ => Task.CompletedTask,
        });
        if (random.Next(4) == 0)
        {
            await Task.Delay(random.Next(20));
        }

        if (random.Next(8) == 0)
        {
            await transaction.RollbackAsync();
            return;
        }

        await transaction.CommitAsync();
        if (how == RemovedBy.NobodyInTime)
        {
            await cache.RemoveAsync(Key(id));
        }

        Interlocked.Increment(ref _writes);
        long known;
        while ((known = Volatile.Read(ref _acknowledged[id])) < version && Interlocked.CompareExchange(ref _acknowledged[id], version, known) != known)
        {
            // Somebody else has raised it meanwhile.
        }
    }

    private async Task<long> GetOrCreateAsync(ISolidCache cache, int id)
    {
        var options = new SolidCacheEntryOptions { Tags = [Tag(id)], LeaseDuration = TimeSpan.FromMilliseconds(100), LeaseWait = TimeSpan.FromMilliseconds(50) };
        return BitConverter.ToInt64(await cache.GetOrCreateAsync(Key(id), async token => BitConverter.GetBytes(await MakeAsync(id, token)), options));
    }

    private async Task<long> CacheAsideAsync(ISolidCache cache, int id)
    {
        if (await cache.GetAsync(Key(id)) is { } stored)
        {
            return BitConverter.ToInt64(stored);
        }

        var version = await MakeAsync(id, CancellationToken.None);
        await cache.SetAsync(Key(id), BitConverter.GetBytes(version), new());
        return version;
    }

    /// <summary>Between reading and storing it takes a while, as a slow query or a busy machine does; now and then longer than the lease.</summary>
    private async Task<long> MakeAsync(int id, CancellationToken token)
    {
        var version = await VersionAsync(id, token);
        await Task.Delay(Random.Shared.Next(100) switch { 0 => 250, < 20 => 5, _ => 0 }, token);
        return version;
    }

    private async Task<long> VersionAsync(int id, CancellationToken token)
    {
        await using var command = application.CreateCommand("SELECT version FROM data WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return (long)(await command.ExecuteScalarAsync(token))!;
    }
}
