using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

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

    [SuppressMessage("Design", "CA1031", Justification = "Nothing that a listener throws is a call's error.")]
    private void Stop()
    {
        if (activity is null)
        {
            return;
        }

        try
        {
            activity.SetTag("db.system.name", "postgresql");
            activity.SetTag("solid_cache.name", telemetry.Name);
            activity.Dispose();
        }
        catch (Exception)
        {
            // The span is lost.
        }
    }
}
