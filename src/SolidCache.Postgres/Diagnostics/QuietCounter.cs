using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>A counter whose listeners are the application's, and cannot fail a call or a batch by what they throw.</summary>
internal sealed class QuietCounter(Counter<long> counter)
{
    public bool Enabled => counter.Enabled;

    [SuppressMessage("Design", "CA1031", Justification = "Nothing that a listener throws is a call's error.")]
    public void Add(long value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(value, tags);
        }
        catch (Exception)
        {
            // The measurement is lost.
        }
    }
}
