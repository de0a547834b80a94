using System.Text;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Tests.Caching;

namespace SolidCache.Postgres.Tests.Leasing;

/// <summary>Who makes a value, who waits for it, and who may have it.</summary>
public sealed class GetOrCreateTests
{
    private static readonly byte[] Stale = "stale"u8.ToArray();
    private readonly CacheUnderTest _test = new();

    [Test]
    public async Task A_cancellation_ends_its_own_wait_and_the_last_one_the_factory()
    {
        var (isCancelled, reads, runs) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        // The store answers at once, so that both have joined when their calls return.
        var callers = new[] { first, second }.Select(source => _test.Cache.GetOrCreateAsync(
            "key",
            async token =>
            {
                runs++;
                token.Register(isCancelled.SetResult);
                reads.SetResult();
                await Task.Delay(Timeout.Infinite, token);
                return [];
            },
            options: null,
            source.Token).AsTask()).ToArray();
        await reads.Task;

        await first.CancelAsync();
        Assert.That(async () => await callers[0], Throws.InstanceOf<OperationCanceledException>());
        Assert.That((callers[1].IsCompleted, isCancelled.Task.IsCompleted), Is.EqualTo((false, false)));
        await second.CancelAsync();
        Assert.That(async () => await callers[1], Throws.InstanceOf<OperationCanceledException>());
        await isCancelled.Task;
        Assert.That(runs, Is.EqualTo(1));
        Assert.That(() => Verbs(), Has.Member("Free").After(5_000, 5), "The lease is not kept from others.");
    }

    [Test]
    public async Task Who_is_late_shares_what_was_stored_and_makes_for_himself_what_was_not([Values] bool stores)
    {
        _test.Store.Stores = stores;
        var (reads, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = _test.Cache.GetOrCreateAsync("key", async _ =>
        {
            reads.SetResult();
            await goesOn.Task;
            return "first"u8.ToArray();
        }).AsTask();
        await reads.Task;
        var late = _test.Cache.GetOrCreateAsync("key", _ => Bytes("late")).AsTask();
        goesOn.SetResult();

        Assert.That(await first, Is.EqualTo("first"u8.ToArray()));
        Assert.That(await late, Is.EqualTo(stores ? "first"u8.ToArray() : "late"u8.ToArray()));
    }

    /// <summary>What is read before a caller comes may be out of date, and what is not stored cannot show that it is not.</summary>
    [Test]
    public async Task Where_nothing_can_be_stored_all_who_come_too_late_for_one_run_share_the_next([Values] bool firstGivesUp)
    {
        var runs = 0;
        using var first = new CancellationTokenSource();
        var (reads, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        async ValueTask<byte[]> MakeAsync(CancellationToken token)
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                reads.SetResult();
                await goesOn.Task;
            }

            return [(byte)runs];
        }

        Enumerable.Range(0, 3).ToList().ForEach(_ => _test.Store.Answers.Enqueue(default));
        var early = _test.Cache.GetOrCreateAsync("key", MakeAsync, options: null, first.Token).AsTask();
        await reads.Task;
        var late = Enumerable.Range(0, 50).Select(_ => _test.Cache.GetOrCreateAsync("key", MakeAsync).AsTask()).ToList();
        await Task.Delay(20);
        Assert.That(runs, Is.EqualTo(1));
        if (firstGivesUp)
        {
            await first.CancelAsync();
            Assert.That(async () => await early, Throws.InstanceOf<OperationCanceledException>());
        }
        else
        {
            goesOn.SetResult();
            Assert.That(await early, Is.EqualTo((byte[])[1]));
        }

        Assert.That((await Task.WhenAll(late)).Select(static value => value[0]), Is.All.EqualTo(2));
        Assert.That(runs, Is.EqualTo(2));
    }

    [Test]
    public async Task Who_shares_a_value_has_bytes_of_his_own()
    {
        var goesOn = new TaskCompletionSource();
        var callers = Enumerable.Range(0, 3).Select(_ => _test.Cache.GetOrCreateAsync("key", async _ =>
        {
            await goesOn.Task;
            return "made"u8.ToArray();
        }).AsTask()).ToArray();
        goesOn.SetResult();
        var values = await Task.WhenAll(callers);

        values[0][0] = values[1][0] = 0;
        Assert.That(values[2], Is.EqualTo("made"u8.ToArray()));
        Assert.That(Verbs().Count(static verb => verb == "Lease"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_factory_in_a_variable_is_no_state_of_another()
    {
        Func<CancellationToken, ValueTask<byte[]>> factory = _ => Bytes("made");

        Assert.That(await _test.Cache.GetOrCreateAsync("new", factory, new() { LeaseWait = TimeSpan.Zero }), Is.EqualTo("made"u8.ToArray()));
        Assert.That(await _test.Cache.GetOrCreateAsync("null", factory, null, CancellationToken.None), Is.EqualTo("made"u8.ToArray()));
    }

    [TestCase("Held")]
    [TestCase("Granted")]
    public async Task A_stale_value_is_returned_whoever_makes_the_next(string state)
    {
        _test.Store.Answers.Enqueue(new(Enum.Parse<LeaseState>(state), Stale));

        Assert.That(await _test.Cache.GetOrCreateAsync("key", _ => Bytes("new"), new() { AllowStaleFor = TimeSpan.FromMinutes(1) }), Is.EqualTo(Stale));
        if (state == "Granted")
        {
            Assert.That(() => Verbs(), Has.Member("Write").After(5_000, 5));
        }
    }

    [Test]
    public async Task What_another_node_has_made_meanwhile_is_taken()
    {
        _test.Store.Answers.Enqueue(new(LeaseState.Held, null));
        _test.Store.Answers.Enqueue(new(LeaseState.Held, null));
        _test.Store.Answers.Enqueue(new(LeaseState.Live, "theirs"u8.ToArray()));

        Assert.That(await _test.Cache.GetOrCreateAsync("key", _ => Bytes("own"), new() { LeaseWait = TimeSpan.FromMinutes(1) }), Is.EqualTo("theirs"u8.ToArray()));
        Assert.That(Verbs(), Is.EqualTo((string[])["Read", "Lease", "Lease", "Lease"]));
    }

    [TestCase("Held")]
    [TestCase("Unavailable")]
    public async Task Who_gets_no_lease_makes_the_value_and_stores_nothing(string state)
    {
        _test.Store.Answers.Enqueue(new(Enum.Parse<LeaseState>(state), null));

        Assert.That(await _test.Cache.GetOrCreateAsync("key", _ => Bytes("own"), new() { LeaseWait = TimeSpan.Zero }), Is.EqualTo("own"u8.ToArray()));
        Assert.That(Verbs(), Is.EqualTo((string[])["Read", "Lease"]));
    }

    [Test]
    public async Task A_value_that_is_too_large_is_returned_and_its_lease_freed()
    {
        var test = new CacheUnderTest(options => options.MaxValueBytes = 3);

        Assert.That(await test.Cache.GetOrCreateAsync("key", _ => Bytes("four")), Is.EqualTo("four"u8.ToArray()));
        Assert.That(test.Store.Calls.Select(call => call.Verb), Is.EqualTo((string[])["Read", "Lease", "Free"]));
    }

    [Test]
    public void A_factory_that_throws_or_returns_null_frees_the_lease()
    {
        Assert.That(async () => await _test.Cache.GetOrCreateAsync("key", ValueTask<byte[]> (_) => throw new FormatException()), Throws.TypeOf<FormatException>());
        Assert.That(async () => await _test.Cache.GetOrCreateAsync("key", _ => ValueTask.FromResult<byte[]>(null!)), Throws.InvalidOperationException);
        Assert.That(Verbs(), Is.EqualTo((string[])["Read", "Lease", "Free", "Read", "Lease", "Free"]));
    }

    [TestCase(0.1, 1)]
    [TestCase(0.5, 0)]
    public async Task A_value_that_has_little_life_left_is_made_anew_behind_its_reader(double left, int runs)
    {
        await _test.Cache.SetAsync("key", "old"u8.ToArray(), new());
        _test.Store.LifeLeft = left;
        var made = 0;

        Assert.That(
            await _test.Cache.GetOrCreateAsync(
                "key",
                _ =>
                {
                    made++;
                    return Bytes("new");
                },
                new() { RefreshBefore = 0.2 }),
            Is.EqualTo("old"u8.ToArray()));
        Assert.That(() => Volatile.Read(ref made), Is.EqualTo(runs).After(runs == 0 ? 50 : 5_000, 5));
    }

    /// <summary>Somebody removes or sets the entry, most often, and is done in a moment.</summary>
    [TestCase(1, true)]
    [TestCase(2, false)]
    public async Task A_row_that_is_locked_is_asked_for_once_more(int times, bool isStored)
    {
        for (var time = 0; time < times; time++)
        {
            _test.Store.Answers.Enqueue(new LeaseAnswer(LeaseState.Locked, Value: null));
        }

        Assert.That(await _test.Cache.GetOrCreateAsync("key", _ => Bytes("made")), Is.EqualTo("made"u8.ToArray()));

        Assert.That(Verbs().Count(static verb => verb == "Lease"), Is.EqualTo(2));
        Assert.That(Verbs().Contains("Write"), Is.EqualTo(isStored));
    }

    [Test]
    public void Its_arguments_are_checked_before_anything_is_asked()
    {
        Assert.That(async () => await _test.Cache.GetOrCreateAsync(null!, _ => Bytes("x")), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("key"));
        Assert.That(async () => await _test.Cache.GetOrCreateAsync("key", factory: null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("factory"));
        Assert.That(
            async () => await _test.Cache.GetOrCreateAsync("key", _ => Bytes("x"), new() { AbsoluteExpiration = _test.Time.GetUtcNow().AddSeconds(-1) }),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(async () => await _test.Cache.GetOrCreateAsync("key", _ => Bytes("x"), new() { Tags = [null!] }), Throws.ArgumentException);
        Assert.That(
            async () => await _test.Cache.GetOrCreateAsync("key", _ => Bytes("x"), options: null, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_test.Store.Calls, Is.Empty);
    }

    [Test]
    public void Options_that_cannot_work_are_refused()
    {
        Assert.That(() => new SolidCacheEntryOptions { AllowStaleFor = TimeSpan.FromTicks(-1) }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SolidCacheEntryOptions { LeaseDuration = TimeSpan.FromMilliseconds(99) }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SolidCacheEntryOptions { LeaseDuration = TimeSpan.FromHours(2) }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SolidCacheEntryOptions { LeaseWait = TimeSpan.FromTicks(-1) }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SolidCacheEntryOptions { RefreshBefore = 1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SolidCacheEntryOptions { RefreshBefore = -0.1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase("{\"a\"}", "a")]
    [TestCase("{\"a\",\"b\"}", "a", "b")]
    [TestCase("{\"NULL\",\"\",\" \"}", "NULL", "", " ")]
    [TestCase("{\"\\\\ \\\" {,}\"}", "\\ \" {,}")]
    public void Tags_are_written_as_PostgreSQL_writes_arrays(string expected, params string[] tags) =>
        Assert.That(TagSet.Of(tags.Select(tag => new CacheKey(tag))), Is.EqualTo(expected));

    private static ValueTask<byte[]> Bytes(string text) => ValueTask.FromResult(Encoding.UTF8.GetBytes(text));

    private string[] Verbs() => [.. _test.Store.Calls.ToArray().Select(call => call.Verb)];
}
