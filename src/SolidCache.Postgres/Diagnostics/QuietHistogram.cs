using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>A histogram whose listeners are the application's, and cannot fail a call or a batch by what they throw.</summary>
/// <typeparam name="T">The measurements.</typeparam>
internal sealed class QuietHistogram<T>(Histogram<T> histogram)
    where T : struct
{
    public bool Enabled => histogram.Enabled;

    [SuppressMessage("Design", "CA1031", Justification = "Nothing that a listener throws is a call's error.")]
    public void Record(T value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            histogram.Record(value, tags);
        }
        catch (Exception)
        {
            // The measurement is lost.
        }
    }
}
