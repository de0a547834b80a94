using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>A contestant with its entries and its callers, for one case.</summary>
internal sealed class MatrixStage : IAsyncDisposable
{
    private const int Keys = 20_000;

    private readonly PostgresServer _server;
    private readonly IContestant _contestant;
    private readonly Workload _workload;
    private readonly ComparisonCase _case;
    private readonly Dataset _data;
    private ClosedLoop _loop;

    private MatrixStage(PostgresServer server, IContestant contestant, ComparisonCase @case)
    {
        (_server, _contestant, _case) = (server, contestant, @case);
        _workload = WorkloadList.Find(@case.Workload);
        _data = new Dataset(_workload.KeySpace, Keys, @case.ValueBytes);
        _loop = NewLoop();
    }

    public static async Task<MatrixStage> CreateAsync(ComparisonCase @case, int operations)
    {
        var server = new PostgresServer();
        var stage = new MatrixStage(server, await ContestantList.CreateAsync(@case.Contestant, server), @case);
        await Filling.FillAsync(stage._contestant, stage._data);
        // Once for nothing: the latencies shall be those of compiled code.
        await stage.RunAsync(operations);
        stage._loop = stage.NewLoop();
        return stage;
    }

    public Task RunAsync(int operations) => _loop.RunAsync(operations);

    /// <summary>Puts back what the last iteration used up.</summary>
    public async Task RefillAsync()
    {
        await Filling.AddAsync(_contestant.Filler, _data);
        _loop = NewLoop();
    }

    public async Task RecordAsync() =>
        MatrixRecorder.Record(_case, _loop.Latencies(), await _contestant.CountConnectionsAsync(TimeSpan.FromSeconds(5)));

    public async ValueTask DisposeAsync()
    {
        await _contestant.DisposeAsync();
        await _server.DisposeAsync();
    }

    private ClosedLoop NewLoop() => new(_contestant.CacheFor(_workload.KeySpace), _workload, _data, _case.Callers);
}
