namespace SolidCache.Postgres.Diagnostics;

/// <summary>Keeps what happens at every call, or try, from filling the log: it is told once in ten minutes, and when it is something else.</summary>
internal sealed class SeldomTold(TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(10);
    private readonly Lock _gate = new();
    private string? _told;
    private long _toldAt;

    public bool IsDue(string what = "")
    {
        lock (_gate)
        {
            if (_told == what && time.GetElapsedTime(_toldAt) < Between)
            {
                return false;
            }

            (_told, _toldAt) = (what, time.GetTimestamp());
            return true;
        }
    }
}
