using System.Diagnostics;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>A call under way that somebody wants to know about. End it once.</summary>
internal readonly struct ObservedCall(CacheTelemetry telemetry, CacheOperation operation, long began, Activity? activity)
{
    public void Hit(bool hit)
    {
        telemetry.Read(hit);
        activity?.SetTag("solid_cache.hit", hit);
    }

    /// <summary>A sweep has instruments of its own.</summary>
    public void Swept(long rows)
    {
        telemetry.Swept(rows, began);
        activity?.SetTag("solid_cache.swept_rows", rows);
        Stop();
    }

    /// <summary>The sweep found nothing to do, which is no sweep.</summary>
    public void Skipped() => Stop();

    public void End()
    {
        telemetry.Ended(operation, began, error: null);
        Stop();
    }

    public void Fail(Exception error)
    {
        telemetry.Ended(operation, began, error);
        activity?.SetStatus(ActivityStatusCode.Error);
        activity?.SetTag("error.type", CacheTelemetry.TypeOf(error));
        Stop();
    }

    private void Stop()
    {
        if (activity is not null)
        {
            activity.SetTag("db.system.name", "postgresql");
            activity.SetTag("solid_cache.name", telemetry.Name);
            activity.Dispose();
        }
    }
}
