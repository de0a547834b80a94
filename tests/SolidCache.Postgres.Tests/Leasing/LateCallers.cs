using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Tests.Caching;

namespace SolidCache.Postgres.Tests.Leasing;

/// <summary>Who comes after a change gets nothing that was read before it, however long the server's answer to somebody else is on its way.</summary>
public sealed class LateCallers
{
    private static readonly byte[] Before = [1];
    private static readonly byte[] After = [2];

    [TestCase("Lease")]
    [TestCase("Fill")]
    public async Task Who_comes_while_an_answer_is_on_its_way_does_not_share_it(string verb)
    {
        var under = new CacheUnderTest();
        var (answering, arrived) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var held = 0;
        under.Store.Answering = async answered =>
        {
            if (answered == verb && Interlocked.Exchange(ref held, 1) == 0)
            {
                answering.SetResult();
                await arrived.Task;
            }
        };
        if (verb == "Lease")
        {
            under.Store.Answers.Enqueue(new(LeaseState.Live, Before));
        }

        var early = under.Cache.GetOrCreateAsync("key", static _ => ValueTask.FromResult(Before)).AsTask();
        await answering.Task;
        under.Cache.Remove("key");
        var late = under.Cache.GetOrCreateAsync("key", static _ => ValueTask.FromResult(After)).AsTask();
        arrived.SetResult();

        Assert.That(await early, Is.EqualTo(Before));
        Assert.That(await late, Is.EqualTo(After));
    }
}
