using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Leasing;

/// <summary>Locks of two nodes.</summary>
public sealed class Locks
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private TestDatabase _database = null!;
    private CacheHost _one = null!;
    private CacheHost _other = null!;
    private int _names;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        (_one, _other) = (await CacheHost.StartAsync(_database.ConnectionString), await CacheHost.StartAsync(_database.ConnectionString));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task One_caller_of_all_nodes_holds_a_lock_until_he_frees_it()
    {
        var name = NewName();
        await using (await Of(_one).TryAcquireAsync(name, TimeSpan.Zero))
        {
            Assert.That(await Of(_other).TryAcquireAsync(name, TimeSpan.Zero), Is.Null);
            Assert.That(await Of(_one).TryAcquireAsync(name, Short), Is.Null);
            await using var another = await Of(_other).TryAcquireAsync(NewName(), TimeSpan.Zero);
            Assert.That(another, Is.Not.Null);
        }

        // Who has gone may have asked for it a moment too late, and frees it at once.
        await using var free = await Of(_other).TryAcquireAsync(name, Patience);
        Assert.That(free, Is.Not.Null);
    }

    [Test]
    public void It_is_taken_and_freed_synchronously()
    {
        var name = NewName();
        using (Of(_one).TryAcquire(name, TimeSpan.Zero))
        {
            Assert.That(Of(_other).TryAcquire(name, Short), Is.Null);
            using var cancelled = new CancellationTokenSource(Short);
            Assert.That(() => Of(_other).TryAcquire(name, Timeout.InfiniteTimeSpan, token: cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        using var free = Of(_other).TryAcquire(name, Patience);
        Assert.That(free, Is.Not.Null);
    }

    [Test]
    public async Task Whoever_waits_gets_it_when_it_is_freed()
    {
        var name = NewName();
        var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero);
        var waiting = Of(_other).TryAcquireAsync(name, Timeout.InfiniteTimeSpan);
        Assert.That(waiting.IsCompleted, Is.False);
        await held!.DisposeAsync();
        await using var mine = await waiting;
        Assert.That(mine, Is.Not.Null);
    }

    [Test]
    public async Task Two_hundred_callers_of_two_nodes_are_never_two_at_a_time()
    {
        var (name, inside, most, runs) = (NewName(), 0, 0, 0);
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (caller, token) =>
        {
            await using var held = await Of(caller % 2 == 0 ? _one : _other).TryAcquireAsync(name, Timeout.InfiniteTimeSpan, token: token);
            most = int.Max(most, Interlocked.Increment(ref inside));
            await Task.Delay(1, token);
            Interlocked.Decrement(ref inside);
            Interlocked.Increment(ref runs);
        });
        Assert.That((most, runs), Is.EqualTo((1, 200)));
    }

    [Test]
    public async Task It_is_held_for_longer_than_its_lease_which_is_renewed()
    {
        var name = NewName();
        // On a machine that others use, a renewal may come a second late.
        var lease = TimeSpan.FromSeconds(2);
        await using var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero, lease);
        Assert.That(await Of(_other).TryAcquireAsync(name, 1.5 * lease, lease), Is.Null);
    }

    /// <summary>One statement locks for a moment what was free when it began, and another passes over what is locked.</summary>
    [Test]
    public async Task It_is_freed_although_its_row_was_locked_just_then([Values] bool blocking)
    {
        var name = NewName();
        var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        await using (var connection = await _database.Source.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand($"SELECT FROM solid_cache_entries WHERE key = 'solid_cache_lock^{name}' FOR UPDATE", connection, transaction);
            await command.ExecuteNonQueryAsync();
            if (blocking)
            {
                held!.Dispose();
            }
            else
            {
                await held!.DisposeAsync();
            }

            Assert.That(await Of(_other).TryAcquireAsync(name, TimeSpan.Zero), Is.Null);
        }

        await using var mine = await Of(_other).TryAcquireAsync(name, TimeSpan.FromSeconds(20));
        Assert.That(mine, Is.Not.Null);
    }

    /// <summary>Asks that nobody waits for would leave it to nobody, and the queue to nobody else.</summary>
    [Test]
    public async Task Callers_with_little_time_get_it_and_ask_no_more_often_than_others([Values(0.1, 0.9, 5, 50)] double milliseconds)
    {
        var name = NewName();
        var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero);
        const int Callers = 20;
        for (var round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Of(_other).TryAcquireAsync(name, TimeSpan.FromMilliseconds(milliseconds))));
            Assert.That(answers, Is.All.Null);
        }

        await held!.DisposeAsync();
        var granted = 0;
        const int Rounds = 50;
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var got in await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Of(_other).TryAcquireAsync(name, TimeSpan.FromMilliseconds(milliseconds)))))
            {
                if (got is not null)
                {
                    granted++;
                    await got.DisposeAsync();
                }
            }
        }

        Assert.That(granted, Is.GreaterThanOrEqualTo(Rounds * 4 / 5), "One of each round, unless the answer took longer than a quarter of a second.");
    }

    [Test]
    public async Task The_lock_of_a_node_that_died_ends_with_its_lease_and_is_not_freed_by_it_afterwards()
    {
        var name = NewName();
        var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Assert.That(await Of(_other).TryAcquireAsync(name, Short), Is.Null);

        // As if it had not been heard of for ten minutes.
        await _database.ExecuteAsync($"UPDATE solid_cache_entries SET lease_ends_at = lease_ends_at - interval '11 minutes' WHERE key = 'solid_cache_lock^{name}'");
        await using var mine = await Of(_other).TryAcquireAsync(name, TimeSpan.FromSeconds(10));
        Assert.That(mine, Is.Not.Null);
        await held!.DisposeAsync();
        Assert.That(await Of(_one).TryAcquireAsync(name, TimeSpan.Zero), Is.Null, "It frees what is its own.");
    }

    [Test]
    public async Task No_entry_stands_in_its_way_and_no_removal_of_entries_frees_it()
    {
        var name = NewName();
        string[] keys = [name, $"solid_cache_lock:{name}", $"solid_cache_lock^{name}", $"^solid_cache_lock^{name}"];
        foreach (var key in keys)
        {
            await _one.Cache.SetAsync(key, [1]);
        }

        await using var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero);
        Assert.That(held, Is.Not.Null);
        foreach (var key in keys)
        {
            await _one.Cache.RemoveAsync(key);
        }

        await _one.Cache.RemoveByPrefixAsync("");
        await _one.Cache.RemoveByPatternAsync("*");
        Assert.That(await Of(_other).TryAcquireAsync(name, TimeSpan.Zero), Is.Null);
    }

    [Test]
    public async Task A_row_that_somebody_has_inserted_and_not_committed_is_waited_for()
    {
        var name = NewName();
        await using var locker = await _database.Source.OpenConnectionAsync();
        await using var locking = new NpgsqlCommand($"BEGIN; INSERT INTO solid_cache_entries (key, value, expires_at) VALUES ('solid_cache_lock^{name}', '', '-infinity')", locker);
        await locking.ExecuteNonQueryAsync();
        Assert.That(await Of(_other).TryAcquireAsync(name, Short), Is.Null);

        var waiting = Of(_other).TryAcquireAsync(name, Patience);
        await using var rollback = new NpgsqlCommand("ROLLBACK", locker);
        await rollback.ExecuteNonQueryAsync();
        await using var mine = await waiting;
        Assert.That(mine, Is.Not.Null);
    }

    [Test]
    public async Task A_caller_who_is_cancelled_throws_and_leaves_nothing_behind()
    {
        var name = NewName();
        var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero);
        using var cancelled = new CancellationTokenSource(Short);
        await Assert.ThatAsync(() => Of(_other).TryAcquireAsync(name, Timeout.InfiniteTimeSpan, token: cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        await held!.DisposeAsync();
        await using var free = await Of(_one).TryAcquireAsync(name, Patience);
        Assert.That(free, Is.Not.Null);
    }

    [Test]
    public async Task No_connection_is_kept_while_a_lock_is_held_and_a_sweep_leaves_it_alone()
    {
        var name = NewName();
        await using var held = await Of(_one).TryAcquireAsync(name, TimeSpan.Zero, TimeSpan.FromHours(1));
        await _one.Cache.RemoveExpiredAsync();
        Assert.That(await Of(_other).TryAcquireAsync(name, TimeSpan.Zero), Is.Null);
        await Eventually.TrueAsync(
            async () => await _database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()") == 0,
            "no transaction is open");
    }

    [Test]
    public void What_cannot_be_asked_for_is_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Of(_one).TryAcquireAsync(null!, TimeSpan.Zero), Throws.ArgumentNullException);
            Assert.That(() => Of(_one).TryAcquireAsync("name", TimeSpan.FromSeconds(-2)), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => Of(_one).TryAcquireAsync("name", TimeSpan.Zero, TimeSpan.Zero), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    [Test]
    public async Task A_cache_that_may_not_write_has_no_locks()
    {
        await using var reader = await CacheHost.StartAsync(_database.ConnectionString, static options => options.ReadOnly = true);
        await Assert.ThatAsync(() => Of(reader).TryAcquireAsync("name", TimeSpan.Zero), Throws.TypeOf<SolidCacheException>());
    }

    private static ISolidCacheLocks Of(CacheHost node) => node.Services.GetRequiredService<ISolidCacheLocks>();

    private string NewName() => $"lock:{Interlocked.Increment(ref _names)}";
}
