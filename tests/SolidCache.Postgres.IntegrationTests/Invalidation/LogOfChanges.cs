using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.IntegrationTests.Invalidation;

/// <summary>What one node is told of what others change, by whatever statement.</summary>
[TestFixture("own")]
[TestFixture("deaf")]
[TestFixture("registered")]
public sealed class LogOfChanges(string kind)
{
    private static readonly SolidCacheEntryOptions AnHour = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
    private readonly ConcurrentQueue<SolidCacheInvalidation> _told = [];
    private TestDatabase _database = null!;
    private NpgsqlDataSource _registered = null!;
    private CacheHost _writer = null!;
    private CacheHost _reader = null!;
    private IDisposable _subscription = null!;
    private int _keys;

    [OneTimeSetUp]
    public async Task StartTwoNodesAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _registered = NpgsqlDataSource.Create(_database.ConnectionString);
        _writer = await StartAsync();
        _reader = await StartAsync();
        await Invalidations.WaitUntilCurrentAsync();
        _subscription = Invalidations.Subscribe(_told.Enqueue);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _subscription.Dispose();
        await _reader.DisposeAsync();
        await _writer.DisposeAsync();
        await _registered.DisposeAsync();
        await _database.DisposeAsync();
    }

    [SetUp]
    public void Forget() => _told.Clear();

    private ISolidCache Cache => _writer.Cache;

    private ISolidCacheInvalidations Invalidations => _reader.Services.GetRequiredService<ISolidCacheInvalidations>();

    [Test]
    public async Task A_set_of_what_is_there_is_told_and_of_what_is_not_there_is_not()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], AnHour);
        await Cache.SetAsync(key, [2], AnHour);
        await IsToldAsync(key);
        await NothingIsToldOfAsync(() => Cache.SetAsync(NewKey(), [1], AnHour));
    }

    [Test]
    public async Task Reads_touches_and_values_that_are_made_are_not_told()
    {
        var (slid, made) = (NewKey(), NewKey());
        await Cache.SetAsync(slid, [1], new() { SlidingExpiration = TimeSpan.FromSeconds(5) });
        await NothingIsToldOfAsync(async () =>
        {
            for (var reads = 0; reads < 5; reads++)
            {
                await Task.Delay(150);
                await Cache.RefreshAsync(slid);
                await Cache.GetAsync(slid);
            }

            await Cache.GetOrCreateAsync(made, _ => ValueTask.FromResult<byte[]>([1]));
            await Cache.GetOrCreateAsync(made, _ => ValueTask.FromResult<byte[]>([2]));
        });
    }

    [Test]
    public async Task A_removal_is_told(
        [Values("key", "prefix", "pattern", "tag", "transaction", "tag in a transaction", "set in a transaction", "function", "tag by function", "delete", "trigger")] string how)
    {
        var (key, tag) = (NewKey(), NewKey());
        await Cache.SetAsync(key, [1], new SolidCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1), Tags = [tag] });
        await RemoveAsync(key, tag, how);
        await IsToldAsync(how.StartsWith("tag", StringComparison.Ordinal) ? tag : key);
    }

    [Test]
    public async Task What_is_rolled_back_is_not_told()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], AnHour);
        await NothingIsToldOfAsync(async () =>
        {
            await using var connection = await _database.Source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await Cache.InTransaction(transaction).RemoveAsync([key]);
            await Cache.InTransaction(transaction).RemoveByTagAsync([key]);
            await transaction.RollbackAsync();
        });
    }

    /// <summary>Identities are handed out before commits: whoever read on from the last one would lose it.</summary>
    [Test]
    public async Task A_transaction_that_commits_after_later_ones_is_told()
    {
        var (early, late) = (NewKey(), NewKey());
        await Cache.SetAsync(early, [1], AnHour);
        await Cache.SetAsync(late, [1], AnHour);
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Cache.InTransaction(transaction).RemoveAsync([early]);
        await Cache.RemoveAsync(late);
        await IsToldAsync(late);
        Assert.That(_told.Any(told => told.Keys.Contains(early)), Is.False);

        await transaction.CommitAsync();
        await IsToldAsync(early);
        Assert.That(_told.Count(told => told.Keys.Contains(late)), Is.EqualTo(1), "What was told once is not told again.");
    }

    [Test]
    public async Task A_large_removal_an_emptied_table_and_another_log_are_told_as_everything([Values("delete", "truncate", "crash", "emptied log")] string how)
    {
        await _database.ExecuteAsync(
            "INSERT INTO public.solid_cache_entries (expires_at, key, value) SELECT now() + interval '1 hour', 'many' || i, '' FROM generate_series(1, 10001) AS i ON CONFLICT DO NOTHING");
        await _database.ExecuteAsync(how switch
        {
            "delete" => "DELETE FROM public.solid_cache_entries",
            "truncate" => "TRUNCATE public.solid_cache_entries",
            // What a crash leaves of an unlogged table.
            "crash" => "DELETE FROM public.solid_cache_invalidations",
            _ => "TRUNCATE public.solid_cache_invalidations",
        });
        await Eventually.TrueAsync(() => _told.Any(static told => told.IsEverything), "everything is told");
        var key = NewKey();
        await Cache.SetAsync(key, [1], AnHour);
        await Cache.RemoveAsync(key);
        await IsToldAsync(key);
        Assert.That(_told.Count(static told => told.IsEverything), Is.EqualTo(1));
    }

    [Test]
    public async Task A_hundred_writers_lose_nothing_to_a_reader_that_loses_its_connections()
    {
        var keys = Enumerable.Range(0, 400).Select(_ => NewKey()).ToList();
        await Task.WhenAll(keys.Select(key => Cache.SetAsync(key, [1], AnHour)));
        using var done = new CancellationTokenSource();
        var kills = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await _database.ExecuteAsync(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND (query LIKE '%solid_cache:invalidations%' OR query LIKE '%solid_cache:listen%')");
                await Task.Delay(30);
            }
        });
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 100 }, async (key, token) =>
        {
            await Task.Delay(Random.Shared.Next(1_000), token);
            await Cache.RemoveAsync(key, token);
        });
        await done.CancelAsync();
        await kills;
        await Eventually.TrueAsync(() => keys.All(key => _told.Any(told => told.Keys.Contains(key))), "each removal is told");
        Assert.That(_told.Any(static told => told.IsEverything), Is.False, "Nothing was lost, and so nothing had to be dropped.");
    }

    [Test]
    public async Task Messages_reach_every_node_once_whatever_their_length()
    {
        using var here = new MessageBox(_writer.Services.GetRequiredService<ISolidCacheInvalidations>());
        using var there = new MessageBox(Invalidations);
        await here.Channel.WaitUntilCurrentAsync();
        byte[][] messages = [[], [1], new byte[1024 * 1024]];
        foreach (var message in messages)
        {
            await here.Channel.PublishAsync("box", message);
            await here.Channel.PublishAsync("another", new byte[] { 7 });
        }

        foreach (var box in (MessageBox[])[here, there])
        {
            await Eventually.TrueAsync(() => box.Texts.Count == messages.Length, "all messages arrive");
            Assert.That(box.Texts.Select(static text => text.Length), Is.EquivalentTo(messages.Select(static message => message.Length)));
        }

        await Assert.ThatAsync(() => here.Channel.PublishAsync("box", new byte[1024 * 1024 + 1]), Throws.ArgumentException);
    }

    [Test]
    public async Task What_every_node_has_read_is_pruned_after_five_minutes()
    {
        var statements = new InvalidationStatements(new(new("public", "solid_cache_entries")));
        var (before, after) = (NewKey(), NewKey());
        await ChangeAsync(before);
        await MarkAsync();
        await ChangeAsync(after);
        await MarkAsync();
        await _database.ExecuteAsync(statements.Prune);

        // Nothing that is younger, and nothing while a transaction is open anywhere that began before it.
        Assert.That(await _database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM public.solid_cache_invalidations WHERE keys @> '{{{after}}}')"), Is.True);
        await Eventually.TrueAsync(
            async () =>
            {
                // In five minutes every node looks.
                await ChangeAsync(NewKey());
                await MarkAsync();
                await _database.ExecuteAsync(statements.Prune);
                return !await _database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM public.solid_cache_invalidations WHERE keys @> '{{{before}}}')");
            },
            "what is old is pruned");
        Assert.That(_told.Any(static told => told.IsEverything), Is.False);

        async Task ChangeAsync(string key)
        {
            await Cache.SetAsync(key, [1], AnHour);
            await Cache.RemoveAsync(key);
            await IsToldAsync(key);
        }

        async Task MarkAsync()
        {
            await _database.ExecuteAsync("UPDATE public.solid_cache_invalidations SET written_at = written_at - interval '6 minutes' WHERE transaction = '0'");
            await _database.ExecuteAsync(statements.Mark);
        }
    }

    [Test]
    public async Task Who_has_not_read_what_is_pruned_is_told_everything()
    {
        await _database.ExecuteAsync("UPDATE public.solid_cache_invalidations SET pruned_to = (pg_current_xact_id()::text::bigint + 1000)::text::xid8 WHERE transaction = '0'");
        try
        {
            await Eventually.TrueAsync(() => _told.Any(static told => told.IsEverything), "everything is told");
        }
        finally
        {
            await _database.ExecuteAsync("UPDATE public.solid_cache_invalidations SET pruned_to = NULL WHERE transaction = '0'");
        }
    }

    /// <summary>A dump takes the log's rows along; the numbers of transactions begin anew on another server.</summary>
    [Test]
    public async Task A_log_that_came_from_another_server_is_told_as_everything_once_and_what_it_holds_is_told_never()
    {
        await _database.ExecuteAsync(
            """
            UPDATE public.solid_cache_invalidations SET horizon = '9000000000000000000', pruned_to = '9000000000000000000', written_at = 'infinity' WHERE transaction = '0';
            INSERT INTO public.solid_cache_invalidations (transaction, written_at, keys) VALUES ('9000000000000000000', '-infinity', '{foreign}'), ('9000000000000000001', 'infinity', NULL)
            """);
        await Eventually.TrueAsync(() => _told.Any(static told => told.IsEverything), "everything is told");
        var key = NewKey();
        await Cache.SetAsync(key, [1], AnHour);
        await Cache.RemoveAsync(key);
        await IsToldAsync(key);

        await Invalidations.WaitUntilCurrentAsync();
        await Invalidations.WaitUntilCurrentAsync();
        Assert.That(_told.Count(static told => told.IsEverything), Is.EqualTo(1));
        Assert.That(_told.SelectMany(static told => told.Keys), Has.None.EqualTo("foreign"));
        await _database.ExecuteAsync(new InvalidationStatements(new(new("public", "solid_cache_entries"))).Prune);
        Assert.That(await _database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM public.solid_cache_invalidations WHERE transaction >= '9000000000000000000')"), Is.False);
    }

    [Test]
    public async Task Times_out_of_any_range_keep_nobody_from_the_log()
    {
        await _database.ExecuteAsync("INSERT INTO public.solid_cache_invalidations (written_at, keys) VALUES ('infinity', '{later}'), ('-infinity', '{sooner}'), ('4000-01-01 BC', '{old}'); INSERT INTO public.solid_cache_invalidations (transaction) VALUES ('0')");
        await IsToldAsync("later");
        await IsToldAsync("sooner");
        Assert.That(_told.Any(static told => told.IsEverything), Is.False);
    }

    private async Task<CacheHost> StartAsync() => kind == "registered"
        ? await CacheHost.StartAsync(_database.ConnectionString, static options => (options.ConnectionString, options.Invalidation.Enabled) = (null, true), services => services.AddSingleton(_registered))
        : await CacheHost.StartAsync(_database.ConnectionString, options => (options.Invalidation.Enabled, options.Invalidation.Listen, options.Invalidation.PollInterval) = (true, kind != "deaf", TimeSpan.FromMilliseconds(kind == "deaf" ? 100 : 1_000)));

    private async Task RemoveAsync(string key, string tag, string how)
    {
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            how switch
            {
                "function" => $"SELECT public.solid_cache_remove('{key}')",
                "tag by function" => $"SELECT public.solid_cache_remove_by_tag('{tag}')",
                "delete" => $"DELETE FROM public.solid_cache_entries WHERE key = '{key}'",
                "trigger" => $"CREATE TABLE IF NOT EXISTS members (id text); SELECT public.solid_cache_remove_on_change('members', '{{id}}'); INSERT INTO members VALUES ('{key}')",
                _ => "SELECT",
            },
            connection,
            transaction);
        await command.ExecuteNonQueryAsync();
        await (how switch
        {
            "key" => Cache.RemoveAsync(key),
            "prefix" => Cache.RemoveByPrefixAsync(key),
            "pattern" => Cache.RemoveByPatternAsync(key + "%"),
            "tag" => Cache.RemoveByTagAsync(tag),
            "transaction" => Cache.InTransaction(transaction).RemoveAsync([key]),
            "tag in a transaction" => Cache.InTransaction(transaction).RemoveByTagAsync([tag]),
            "set in a transaction" => Cache.InTransaction(transaction).SetAsync(key, [2], AnHour),
            _ => Task.CompletedTask,
        });
        await transaction.CommitAsync();
    }

    private async Task IsToldAsync(string name) => await Eventually.TrueAsync(() => _told.Any(told => told.Keys.Contains(name) || told.Tags.Contains(name)), $"{name} is told");

    /// <summary>A removal of another key ends the wait: what was committed before it is told not later.</summary>
    private async Task NothingIsToldOfAsync(Func<Task> change)
    {
        var end = NewKey();
        await Cache.SetAsync(end, [1], AnHour);
        _told.Clear();
        await change();
        await Cache.RemoveAsync(end);
        await IsToldAsync(end);
        Assert.That(_told.SelectMany(static told => told.Keys.Concat(told.Tags)), Has.All.EqualTo(end));
    }

    private string NewKey() => $"{kind}:{Interlocked.Increment(ref _keys)}:";

    private sealed class MessageBox : IDisposable
    {
        private readonly IDisposable _subscription;

        public MessageBox(ISolidCacheInvalidations channel)
        {
            Channel = channel;
            _subscription = channel.SubscribeMessages("box", Texts.Enqueue);
        }

        public ISolidCacheInvalidations Channel { get; }

        public ConcurrentQueue<byte[]> Texts { get; } = [];

        public void Dispose() => _subscription.Dispose();
    }
}
