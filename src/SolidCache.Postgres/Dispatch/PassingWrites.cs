using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>Those who wait until all writes have ended that were there when they came. Guarded by the queue's lock.</summary>
/// <param name="firstNumber">The number of the first write that has not ended and matters to whoever waits for some ranges.</param>
internal sealed class PassingWrites(Func<IReadOnlyList<KeyRange>, long> firstNumber)
{
    private readonly List<(long Number, IReadOnlyList<KeyRange> Ranges, TaskCompletionSource Passed)> _waiting = [];

    public Task WhenPassedAsync(long number, IReadOnlyList<KeyRange> ranges)
    {
        if (firstNumber(ranges) > number)
        {
            return Task.CompletedTask;
        }

        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((number, ranges, passed));
        return passed.Task;
    }

    public void Look() => _waiting.RemoveAll(one => firstNumber(one.Ranges) > one.Number && one.Passed.TrySetResult());
}
