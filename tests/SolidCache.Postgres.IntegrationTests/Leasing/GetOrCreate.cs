using System.Text;
using System.Transactions;
using SolidCache.Postgres.IntegrationTests.Contracts;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Leasing;

/// <summary>Values that are made once, and never stored when they are old.</summary>
[TestFixture(Calling.Async)]
[TestFixture(Calling.AsyncDirect)]
public sealed class GetOrCreate(Calling calling) : ContractFixture(calling)
{
    private CacheHost _other = null!;

    [OneTimeSetUp]
    public async Task StartAnotherNodeAsync() => _other = await StartNodeAsync();

    [OneTimeTearDown]
    public async Task StopTheOtherNodeAsync() => await _other.DisposeAsync();

    [Test]
    public async Task A_miss_is_made_stored_and_read_by_every_node()
    {
        var key = NewKey();

        Assert.That(await SolidCache.GetOrCreateAsync(key, _ => Bytes("made")), Is.EqualTo("made"u8.ToArray()));
        Assert.That(await _other.Cache.GetAsync(key), Is.EqualTo("made"u8.ToArray()));
        Assert.That(await _other.Cache.GetOrCreateAsync(key, _ => Bytes("again")), Is.EqualTo("made"u8.ToArray()));
    }

    [Test]
    public async Task An_object_and_its_null_are_stored_as_JSON()
    {
        var (key, none) = (NewKey(), NewKey());
        await SolidCache.GetOrCreateAsync(key, 7, static (id, _) => ValueTask.FromResult(new Profile(id, "x")));
        await SolidCache.GetOrCreateAsync(none, static _ => ValueTask.FromResult<Profile?>(null));

        Assert.That(await SolidCache.GetOrCreateAsync(key, static _ => ValueTask.FromResult(new Profile(0, "no"))), Is.EqualTo(new Profile(7, "x")));
        Assert.That(await SolidCache.GetOrCreateAsync(none, static _ => ValueTask.FromResult<Profile?>(new(0, "no"))), Is.Null);
    }

    [Test]
    public async Task Two_hundred_callers_of_two_nodes_run_one_factory()
    {
        var (key, runs) = (NewKey(), 0);
        var callers = Enumerable.Range(0, 200).Select(number => (number % 2 == 0 ? SolidCache : _other.Cache).GetOrCreateAsync(
            key,
            async token =>
            {
                Interlocked.Increment(ref runs);
                await Task.Delay(200, token);
                return [1];
            },
            new() { LeaseWait = TimeSpan.FromSeconds(30) }).AsTask()).ToArray();

        Assert.That(await Task.WhenAll(callers), Has.All.EqualTo(new byte[] { 1 }));
        Assert.That(runs, Is.EqualTo(1));
    }

    [Test]
    public async Task What_was_read_before_a_removal_is_not_stored_after_it([Values] bool byAnotherNode, [Values("key", "prefix", "sql")] string how)
    {
        var key = NewKey();
        var value = await SolidCache.GetOrCreateAsync(key, async _ =>
        {
            await RemoveAsync(byAnotherNode ? _other.Cache : SolidCache, key, how);
            return "old"u8.ToArray();
        });

        Assert.That(value, Is.EqualTo("old"u8.ToArray()));
        Assert.That(await SolidCache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task What_was_read_before_a_set_does_not_replace_it()
    {
        var key = NewKey();
        await SolidCache.GetOrCreateAsync(key, async token =>
        {
            await _other.Cache.SetAsync(key, "new"u8.ToArray(), Forever, token);
            return "old"u8.ToArray();
        });

        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo("new"u8.ToArray()));
    }

    [Test]
    public async Task Who_comes_after_a_removal_does_not_share_what_was_read_before_it()
    {
        var key = NewKey();
        var data = "old";
        var (reads, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = SolidCache.GetOrCreateAsync(key, async _ =>
        {
            var read = data;
            reads.TrySetResult();
            await goesOn.Task;
            return Encoding.UTF8.GetBytes(read);
        }).AsTask();
        await reads.Task;
        data = "new";
        await SolidCache.RemoveAsync(key);
        var second = SolidCache.GetOrCreateAsync(key, _ => Bytes(data)).AsTask();
        await Task.Delay(20);
        goesOn.SetResult();

        Assert.That(await first, Is.EqualTo("old"u8.ToArray()), "It was called before the removal.");
        Assert.That(await second, Is.EqualTo("new"u8.ToArray()));
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo("new"u8.ToArray()));
    }

    [Test]
    public async Task A_factory_that_throws_frees_the_lease_and_fails_all_who_share_it()
    {
        var key = NewKey();
        var callers = Enumerable.Range(0, 10).Select(_ => SolidCache.GetOrCreateAsync(key, async ValueTask<byte[]> (token) =>
        {
            await Task.Delay(100, token);
            throw new FormatException("mine");
        }).AsTask()).ToArray();

        foreach (var caller in callers)
        {
            Assert.That(async () => await caller, Throws.TypeOf<FormatException>());
        }

        Assert.That(await _other.Cache.GetOrCreateAsync(key, _ => Bytes("next"), new() { LeaseWait = TimeSpan.Zero }), Is.EqualTo("next"u8.ToArray()));
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo("next"u8.ToArray()), "It was stored: the lease was free.");
    }

    [Test]
    public async Task A_lease_that_is_held_is_waited_for_and_then_the_value_is_made_without_being_stored()
    {
        var key = NewKey();
        var (reads, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var holder = _other.Cache.GetOrCreateAsync(key, async _ =>
        {
            reads.SetResult();
            await goesOn.Task;
            return "holder's"u8.ToArray();
        }).AsTask();
        await reads.Task;

        Assert.That(await SolidCache.GetOrCreateAsync(key, _ => Bytes("own"), new() { LeaseWait = TimeSpan.FromMilliseconds(50) }), Is.EqualTo("own"u8.ToArray()));
        Assert.That(await SolidCache.GetAsync(key), Is.Null);
        goesOn.SetResult();
        await holder;
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo("holder's"u8.ToArray()));
    }

    [Test]
    public async Task A_slow_factory_keeps_its_lease_and_a_dead_nodes_ends()
    {
        var (slow, dead) = (NewKey(), NewKey());
        var options = new SolidCacheEntryOptions { LeaseDuration = TimeSpan.FromSeconds(1), LeaseWait = TimeSpan.FromSeconds(20) };
        var runs = 0;
        var value = SolidCache.GetOrCreateAsync(slow, async token =>
        {
            Interlocked.Increment(ref runs);
            await Task.Delay(2_500, token);
            return [1];
        }, options).AsTask();
        await Eventually.TrueAsync(() => runs == 1, "the factory runs");
        Assert.That(await _other.Cache.GetOrCreateAsync(slow, _ => Bytes("taken over"), options), Is.EqualTo(new byte[] { 1 }));
        await value;

        // What a node leaves behind that dies.
        await Database.ExecuteAsync(
            $"INSERT INTO solid_cache_entries (expires_at, key, value, lease, lease_ends_at) VALUES ('-infinity', '{dead}', '', 1, now() + interval '0.3 seconds')");
        Assert.That(await SolidCache.GetOrCreateAsync(dead, _ => Bytes("taken over"), options), Is.EqualTo("taken over"u8.ToArray()));
        Assert.That(await SolidCache.GetAsync(dead), Is.EqualTo("taken over"u8.ToArray()));
    }

    [Test]
    public async Task A_stale_value_is_returned_at_once_while_one_caller_makes_another()
    {
        var key = NewKey();
        var options = new SolidCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1), AllowStaleFor = TimeSpan.FromHours(1) };
        await SolidCache.GetOrCreateAsync(key, _ => Bytes("old"), options);
        await PassAsync(key, TimeSpan.FromMinutes(2));
        await SolidCache.RemoveExpiredAsync();
        var goesOn = new TaskCompletionSource();

        for (var call = 0; call < 10; call++)
        {
            var cache = call % 2 == 0 ? SolidCache : _other.Cache;
            Assert.That(
                await cache.GetOrCreateAsync(
                    key,
                    async _ =>
                    {
                        await goesOn.Task;
                        return "new"u8.ToArray();
                    },
                    options),
                Is.EqualTo("old"u8.ToArray()));
        }

        Assert.That(await SolidCache.GetAsync(key), Is.Null, "Plain reads never return what has expired.");
        goesOn.SetResult();
        await Eventually.TrueAsync(async () => (await SolidCache.GetAsync(key))?[0] == 'n', "the new value is stored");
    }

    [Test]
    public async Task An_entry_keeps_its_tags_and_those_of_its_lease_each_once_however_often_it_is_made_in_vain()
    {
        var key = NewKey();
        SolidCacheEntryOptions options = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1), AllowStaleFor = TimeSpan.FromHours(1), Tags = ["a", "b"] };
        await SolidCache.GetOrCreateAsync(key, _ => Bytes("old"), options);
        await PassAsync(key, TimeSpan.FromMinutes(2));
        options.Tags = ["b", "c"];
        var runs = 0;
        while (Volatile.Read(ref runs) < 20)
        {
            Assert.That(
                await SolidCache.GetOrCreateAsync(
                    key,
                    ValueTask<byte[]> (_) =>
                    {
                        Interlocked.Increment(ref runs);
                        throw new FormatException("in vain");
                    },
                    options),
                Is.EqualTo("old"u8.ToArray()));
        }

        Assert.That(await Database.ScalarAsync<string>($"SELECT string_agg(right(tag, 1), ',' ORDER BY tag) FROM solid_cache_entries, unnest(tags) AS tag WHERE key = '{key}'"), Is.EqualTo("a,b,c"));
    }

    [Test]
    public async Task A_factory_that_goes_on_when_nobody_waits_any_more_keeps_its_lease_no_longer()
    {
        var key = NewKey();
        SolidCacheEntryOptions options = new() { LeaseDuration = TimeSpan.FromMilliseconds(300), LeaseWait = TimeSpan.Zero };
        var goesOn = new TaskCompletionSource();
        using var cancelling = new CancellationTokenSource();
        var abandoned = SolidCache.GetOrCreateAsync(
            key,
            async _ =>
            {
                await cancelling.CancelAsync();
                await goesOn.Task;
                return "late"u8.ToArray();
            },
            options,
            cancelling.Token).AsTask();
        Assert.That(async () => await abandoned, Throws.InstanceOf<OperationCanceledException>());

        await Eventually.TrueAsync(
            async () =>
            {
                await _other.Cache.GetOrCreateAsync(key, _ => Bytes("next"), options);
                return await SolidCache.GetAsync(key) is not null;
            },
            "its lease ends");
        goesOn.SetResult();
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo("next"u8.ToArray()));
    }

    /// <summary>What two statements that run at once meet in each other's rows.</summary>
    [TestCase("'-infinity', now(), 1, now() + interval '1 minute'", false, TestName = "A lease that was taken since the statement began is not taken over")]
    [TestCase("'infinity', now(), NULL, NULL", false, TestName = "A tagged set that was stored since the statement began is not replaced")]
    [TestCase("'infinity', now() - interval '1 hour', NULL, NULL", true, TestName = "What a dump brings is replaced")]
    [TestCase("'-infinity', now() - interval '1 hour', 1, now() - interval '1 second'", true, TestName = "A lease that a dump brings ends")]
    public async Task A_row_of_after_the_statement(string row, bool isTaken)
    {
        var key = NewKey();
        await Database.ExecuteAsync(
            $"""
            INSERT INTO solid_cache_entries (expires_at, created_at, lease, lease_ends_at, tags, made_after, key, value)
            SELECT {row}, '{"{t}"}', format('%s:%s:', xmax, xmax)::pg_snapshot, '{key}', 'theirs'
            FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000 AS xmax) AS later
            """);
        await SolidCache.GetOrCreateAsync(key, _ => Bytes("mine"), new() { Tags = ["t"], LeaseWait = TimeSpan.Zero });

        Assert.That(
            await Database.ScalarAsync<string>($"SELECT convert_from(value, 'UTF8') FROM solid_cache_entries WHERE key = '{key}'"), Is.EqualTo(isTaken ? "mine" : "theirs"));
    }

    [Test]
    public async Task Who_asks_at_once_with_others_is_answered_on_his_own_terms()
    {
        SolidCacheEntryOptions strict = new() { LeaseWait = TimeSpan.FromSeconds(30) };
        SolidCacheEntryOptions lax = new() { LeaseWait = TimeSpan.FromSeconds(30), AllowStaleFor = TimeSpan.FromHours(1) };
        for (var round = 0; round < 10; round++)
        {
            var prefix = NewKey();
            await Database.ExecuteAsync(
                $"INSERT INTO solid_cache_entries (expires_at, key, value, stale_for) SELECT now() - interval '1 second', '{prefix}:' || i, 'old', 3600000000 FROM generate_series(1, 100) AS i");

            await Task.WhenAll(Enumerable.Range(1, 100).Select(async number =>
            {
                var allowing = SolidCache.GetOrCreateAsync($"{prefix}:{number}", _ => Bytes("new"), lax);
                Assert.That(await SolidCache.GetOrCreateAsync($"{prefix}:{number}", _ => Bytes("new"), strict), Is.EqualTo("new"u8.ToArray()), "He allows nothing stale.");
                await allowing;
            }));
        }
    }

    [Test]
    public async Task What_a_factory_registers_with_its_token_is_no_matter_of_who_cancels_his_call()
    {
        using var cancelling = new CancellationTokenSource();
        var runs = new TaskCompletionSource();
        var call = SolidCache.GetOrCreateAsync(
            NewKey(),
            async token =>
            {
                token.Register(static () => throw new FormatException("the factory's"));
                runs.SetResult();
                await Task.Delay(Timeout.Infinite, token);
                return [];
            },
            token: cancelling.Token).AsTask();
        await runs.Task;
        await cancelling.CancelAsync();

        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancelling.Token));
    }

    [Test]
    public async Task A_factory_is_no_part_of_a_callers_transaction([Values] bool isInTheBackground)
    {
        var key = NewKey();
        SolidCacheEntryOptions options = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1), AllowStaleFor = TimeSpan.FromHours(1) };
        if (isInTheBackground)
        {
            await SolidCache.GetOrCreateAsync(key, _ => Bytes("old"), options);
            await PassAsync(key, TimeSpan.FromMinutes(2));
        }

        var ambient = new TaskCompletionSource<Transaction?>();
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await SolidCache.GetOrCreateAsync(
                key,
                async token =>
                {
                    await Task.Delay(10, token);
                    ambient.SetResult(Transaction.Current);
                    return [1];
                },
                options);
            Assert.That(Transaction.Current, Is.Not.Null);
            scope.Complete();
        }

        Assert.That(await ambient.Task, Is.Null);
    }

    [Test]
    public async Task A_removed_value_is_never_returned_as_a_stale_one([Values("key", "tag")] string how)
    {
        var key = NewKey();
        var options = new SolidCacheEntryOptions
        {
            AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1),
            AllowStaleFor = TimeSpan.FromHours(1),
            Tags = [$"tag:{key}"],
        };
        await SolidCache.GetOrCreateAsync(key, _ => Bytes("old"), options);
        await PassAsync(key, TimeSpan.FromMinutes(2));
        await RemoveAsync(_other.Cache, key, how);

        Assert.That(await SolidCache.GetOrCreateAsync(key, _ => Bytes("new"), options), Is.EqualTo("new"u8.ToArray()));
    }

    [Test]
    public async Task An_entry_that_will_expire_soon_is_made_anew_behind_its_reads()
    {
        var (key, runs) = (NewKey(), 0);
        var options = new SolidCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10), RefreshBefore = 0.3 };
        await SolidCache.GetOrCreateAsync(key, _ => Bytes("old"), options);
        Assert.That(await SolidCache.GetOrCreateAsync(key, _ => Bytes("too early"), options), Is.EqualTo("old"u8.ToArray()));
        await Database.ExecuteAsync(
            $"UPDATE solid_cache_entries SET created_at = now() - interval '8 minutes', expires_at = now() + interval '2 minutes', absolute_expiration = now() + interval '2 minutes' WHERE key = '{key}'");

        for (var call = 0; call < 20; call++)
        {
            var value = await (call % 2 == 0 ? SolidCache : _other.Cache).GetOrCreateAsync(
                key,
                _ =>
                {
                    Interlocked.Increment(ref runs);
                    return Bytes("new");
                },
                options);
            Assert.That(Encoding.UTF8.GetString(value), Is.AnyOf("old", "new"));
        }

        await Eventually.TrueAsync(async () => (await SolidCache.GetAsync(key))?[0] == 'n', "the new value is stored");
        Assert.That(runs, Is.EqualTo(1));
    }

    [Test]
    public async Task Any_number_of_tags_is_removed_whatever_was_stored_since_their_index_was_vacuumed()
    {
        await using var node = await StartNodeAsync(options => options.OperationTimeout = TimeSpan.FromSeconds(5));
        var prefix = NewKey();
        await SolidCache.SetAsync(prefix, [1], new SolidCacheEntryOptions { Tags = [.. Enumerable.Range(0, 6_000).Select(number => $"{prefix}:{number}:{new string('l', 1_000)}")] });
        await SolidCache.SetAsync($"{prefix}:one", [1], new SolidCacheEntryOptions { Tags = [$"{prefix}:4999"] });

        Assert.That(await node.Cache.RemoveByTagAsync([.. Enumerable.Range(0, 5_000).Select(number => $"{prefix}:{number}")]), Is.EqualTo(1));

        Assert.That((await SolidCache.ExistsAsync(prefix), await SolidCache.ExistsAsync($"{prefix}:one")), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task Entries_of_a_tag_are_gone_at_once_and_whatever_is_made_with_it()
    {
        var (tag, prefix) = ($"tag {{\"'\\}} {Guid.NewGuid():N}", NewKey());
        SolidCacheEntryOptions tagged = new() { Tags = [tag, "another"] };
        for (var number = 0; number < 50; number++)
        {
            await SolidCache.SetAsync($"{prefix}:{number}", [1], number % 2 == 0 ? tagged : Forever);
        }

        await SolidCache.GetOrCreateAsync($"{prefix}:made", async token =>
        {
            Assert.That(await _other.Cache.RemoveByTagAsync(tag, token), Is.EqualTo(26), "The lease counts as a row.");
            return [2];
        }, tagged);

        var left = 0;
        for (var number = 0; number < 50; number++)
        {
            left += await SolidCache.ExistsAsync($"{prefix}:{number}") ? 1 : 0;
        }

        Assert.That(left, Is.EqualTo(25));
        Assert.That(await SolidCache.GetAsync($"{prefix}:made"), Is.Null);
        Assert.That(await SolidCache.RemoveByTagAsync([tag, tag, "nobody has it"]), Is.Zero);
    }

    [Test]
    public async Task An_entry_has_the_tags_of_the_call_that_made_it_also_for_those_who_shared_the_run()
    {
        var (key, goOn) = (NewKey(), new TaskCompletionSource());
        var begun = new TaskCompletionSource();
        var first = SolidCache.GetOrCreateAsync(key, Make, new() { Tags = [$"first:{key}"] }).AsTask();
        await begun.Task;
        var second = SolidCache.GetOrCreateAsync(key, _ => throw new NotSupportedException(), new() { Tags = [$"second:{key}"] }).AsTask();
        await Task.Delay(50);
        goOn.SetResult();
        await Task.WhenAll(first, second);

        await SolidCache.RemoveByTagAsync($"second:{key}");
        Assert.That(await SolidCache.ExistsAsync(key), Is.True);
        await SolidCache.RemoveByTagAsync($"first:{key}");
        Assert.That(await SolidCache.ExistsAsync(key), Is.False);

        async ValueTask<byte[]> Make(CancellationToken cancelled)
        {
            begun.SetResult();
            await goOn.Task.WaitAsync(cancelled);
            return [1];
        }
    }

    [Test]
    public async Task Who_asks_after_a_removal_waits_for_the_run_of_before_it_and_is_not_given_what_it_made()
    {
        var (key, goOn) = (NewKey(), new TaskCompletionSource());
        var begun = new TaskCompletionSource();
        var before = SolidCache.GetOrCreateAsync(key, async cancelled =>
        {
            begun.SetResult();
            await goOn.Task.WaitAsync(cancelled);
            return "old"u8.ToArray();
        }).AsTask();
        await begun.Task;
        await SolidCache.RemoveAsync(key);

        var after = SolidCache.GetOrCreateAsync(key, _ => Bytes("new")).AsTask();
        await Task.Delay(200);
        Assert.That(after.IsCompleted, Is.False);
        goOn.SetResult();

        Assert.That(await before, Is.EqualTo("old"u8.ToArray()));
        Assert.That(await after, Is.EqualTo("new"u8.ToArray()));
        Assert.That(await SolidCache.GetAsync(key), Is.EqualTo("new"u8.ToArray()));
    }

    [Test]
    public async Task Where_no_lease_can_be_had_the_value_is_made_and_not_stored()
    {
        await using var reader = await StartNodeAsync(options => options.ReadOnly = true);
        var key = NewKey();

        Assert.That(await reader.Cache.GetOrCreateAsync(key, _ => Bytes("made")), Is.EqualTo("made"u8.ToArray()));
        Assert.That(await SolidCache.GetAsync(key), Is.Null);
    }

    private static ValueTask<byte[]> Bytes(string text) => ValueTask.FromResult(Encoding.UTF8.GetBytes(text));

    private async Task RemoveAsync(ISolidCache cache, string key, string how)
    {
        switch (how)
        {
            case "key":
                await cache.RemoveAsync(key);
                break;
            case "prefix":
                await cache.RemoveByPrefixAsync(key);
                break;
            case "tag":
                await cache.RemoveByTagAsync($"tag:{key}");
                break;
            default:
                await Database.ExecuteAsync($"DELETE FROM solid_cache_entries WHERE key = '{key}'");
                break;
        }
    }

    private sealed record Profile(int Id, string Name);
}
