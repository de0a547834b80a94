using System.Collections.Concurrent;
using System.Diagnostics;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>Listens to the library's activities. Tests run side by side: each asks for those of its own trace.</summary>
internal sealed class SpanCollector : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public SpanCollector()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == SolidCacheTelemetry.ActivitySourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyList<Activity> Of(Activity caller) => [.. _ended.Where(span => span.ParentId == caller.Id)];

    public void Dispose() => _listener.Dispose();
}
