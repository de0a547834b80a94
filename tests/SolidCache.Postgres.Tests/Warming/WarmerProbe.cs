using System.Threading.Channels;

namespace SolidCache.Postgres.Tests.Warming;

/// <summary>Sees what warmers do, and makes them fail or wait.</summary>
internal sealed class WarmerProbe
{
    private readonly Channel<int> _runs = Channel.CreateUnbounded<int>();
    private int _started;
    private int _made;
    private int _disposed;

    /// <summary>How many of the first runs fail.</summary>
    public int Failures { get; set; }

    public TaskCompletionSource? Gate { get; set; }

    public int Runs => _started;

    public int Made => _made;

    public int Disposed => _disposed;

    public async Task NextRunAsync() => await _runs.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public void Make() => Interlocked.Increment(ref _made);

    public void Dispose() => Interlocked.Increment(ref _disposed);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var run = Interlocked.Increment(ref _started);
        _runs.Writer.TryWrite(run);
        if (Gate is not null)
        {
            await Gate.Task.WaitAsync(cancellationToken);
        }

        if (run <= Failures)
        {
            throw new InvalidOperationException("The database is not there yet.");
        }
    }
}
