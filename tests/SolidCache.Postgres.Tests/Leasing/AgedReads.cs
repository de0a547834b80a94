using System.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Leasing;
using SolidCache.Postgres.Tests.Caching;

namespace SolidCache.Postgres.Tests.Leasing;

/// <summary>What HybridCache asks for below its memory: the entry is read as a get reads it, before anybody asks for a lease.</summary>
public sealed class AgedReads
{
    private static readonly byte[] Stored = [1];
    private static readonly byte[] Made = [2];
    private readonly CacheUnderTest _test = new();

    [Test]
    public async Task What_is_stored_is_read_and_takes_no_lease()
    {
        await _test.Cache.SetAsync("key", Stored, new());
        _test.Store.Calls.Clear();
        var found = await GetAsync();

        Assert.That((found.Value!.Single(), found.IsStored, found.Age?.LifeLeft), Is.EqualTo((Stored[0], false, 1.0)));
        Assert.That(Verbs(), Is.EqualTo((string[])["Read"]));
    }

    [Test]
    public async Task Who_comes_while_the_answer_is_on_its_way_does_not_share_it()
    {
        await _test.Cache.SetAsync("key", Stored, new());
        var (answering, arrived, held) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        _test.Store.Answering = async verb =>
        {
            if (verb == "Read" && Interlocked.Exchange(ref held, 1) == 0)
            {
                answering.SetResult();
                await arrived.Task;
            }
        };

        var early = GetAsync();
        await answering.Task;
        await _test.Cache.RemoveAsync("key");
        var late = GetAsync();
        arrived.SetResult();

        Assert.That((await early).Value, Is.EqualTo(Stored));
        Assert.That((await late).Value, Is.EqualTo(Made));
    }

    [Test]
    public async Task What_is_not_there_is_made_under_a_lease()
    {
        Assert.That((await GetAsync()).Value, Is.EqualTo(Made));
        Assert.That(Verbs(), Is.EqualTo((string[])["Read", "Lease", "Write"]));
    }

    [Test]
    public async Task Who_comes_while_it_is_made_waits_for_it_and_does_not_look()
    {
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _test.Store.Answering = verb => verb == "Lease" ? goesOn.Task : Task.CompletedTask;
        var first = GetAsync();
        Assert.That(() => Verbs(), Has.Member("Lease").After(5_000, 5));
        var others = Enumerable.Range(0, 3).Select(_ => GetAsync()).ToArray();
        goesOn.SetResult();

        Assert.That((await Task.WhenAll([first, .. others])).Select(static made => made.Value), Has.All.EqualTo(Made));
        Assert.That(Verbs(), Is.EqualTo((string[])["Read", "Lease", "Write"]));
    }

    [Test]
    public async Task A_server_that_does_not_answer_in_time_is_asked_for_nothing_more()
    {
        _test.Store.Answering = static _ => new TaskCompletionSource().Task;

        Assert.That((await GetAsync(TimeSpan.FromMilliseconds(50))).Value, Is.EqualTo(Made));
        Assert.That(Verbs(), Is.EqualTo((string[])["Read"]));
    }

    [Test]
    public async Task What_the_read_has_taken_is_no_longer_there_for_the_lease()
    {
        var began = Stopwatch.GetTimestamp();
        _test.Store.Answering = static verb => verb == "Read" ? Task.Delay(1_500) : new TaskCompletionSource().Task;

        Assert.That((await GetAsync(TimeSpan.FromSeconds(2))).Value, Is.EqualTo(Made));
        Assert.That(Stopwatch.GetElapsedTime(began), Is.InRange(TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(3)));
        Assert.That(Verbs(), Is.EqualTo((string[])["Read", "Lease"]));
    }

    [Test]
    public async Task An_answer_that_comes_too_late_is_nobodys_error()
    {
        var (answer, unobserved) = (new TaskCompletionSource(), 0);
        _test.Store.Answering = _ => answer.Task;
        TaskScheduler.UnobservedTaskException += Count;
        await GetAsync(TimeSpan.FromMilliseconds(50));
        answer.SetException(new IOException("too late"));
        for (var collection = 0; collection < 3; collection++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        TaskScheduler.UnobservedTaskException -= Count;
        Assert.That(unobserved, Is.Zero);

        void Count(object? sender, UnobservedTaskExceptionEventArgs error) => unobserved += error.Exception.InnerException is IOException { Message: "too late" } ? 1 : 0;
    }

    [Test]
    public async Task What_will_end_soon_is_returned_and_made_anew_behind_the_callers_back()
    {
        await _test.Cache.SetAsync("key", Stored, new());
        (_test.Store.LifeLeft, var made) = (0.1, new TaskCompletionSource());

        Assert.That((await GetAsync(makes: made)).Value, Is.EqualTo(Stored));
        await made.Task;
        Assert.That(() => Verbs(), Has.Member("Lease").After(5_000, 5));
    }

    private Task<Creation.Made> GetAsync(TimeSpan? budget = null, TaskCompletionSource? makes = null)
    {
        var recipe = new Recipe<TaskCompletionSource?>(
            new KeySpace(null).Map("key"), makes, MakeAsync, new() { RefreshBefore = 0.2 }, Tags: null, new(Budget: budget ?? TimeSpan.FromMinutes(1)));
        return _test.Creator.GetOrCreateAgedAsync(recipe, CancellationToken.None).AsTask();

        static ValueTask<byte[]?> MakeAsync(TaskCompletionSource? makes, CancellationToken cancellationToken)
        {
            makes?.TrySetResult();
            return ValueTask.FromResult<byte[]?>(Made);
        }
    }

    private List<string> Verbs() => [.. _test.Store.Calls.Select(static call => call.Verb)];
}
