using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A server that answers no batch before it is opened. A number that can be divided by three is due for a touch.</summary>
internal sealed class GatedServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ModelServer _server = new();
    private readonly ManualResetEventSlim _opened = new();
    private readonly SemaphoreSlim _began = new(0);
    private int _rangesRemoved;
    private int _touches;

    public int RangesRemoved => Volatile.Read(ref _rangesRemoved);

    public int Touches => Volatile.Read(ref _touches);

    public EntryStore NewStore(TimeSpan? limit = null, int lanes = 2) => new StoreParts(
        parts => new Gated<ReadRequest>(this, _server.NewReader(parts)),
        parts => new Gated<KeyWrite>(this, _server.NewWriter(parts)),
        _ => Interlocked.Increment(ref _rangesRemoved),
        limit: limit,
        lanes: lanes).Store;

    public void Open() => _opened.Set();

    public void WaitForBatch() => Assert.That(_began.Wait(Patience), Is.True, "No batch begins.");

    private void Pass<T>(List<T> batch)
    {
        if (batch is List<KeyWrite> writes)
        {
            Interlocked.Add(ref _touches, writes.Count(write => write.Kind == WriteKind.Touch));
        }

        _began.Release();
        _opened.Wait(Patience);
    }

    private sealed class Gated<T>(GatedServer server, IBatchExecutor<T> executor) : IBatchExecutor<T>
    {
        public void Execute(List<T> batch)
        {
            server.Pass(batch);
            executor.Execute(batch);
        }

        public void Fail(List<T> batch, Exception error) => executor.Fail(batch, error);

        public void GiveUp(List<T> batch) => executor.GiveUp(batch);

        public void Rest() => executor.Rest();
    }
}
