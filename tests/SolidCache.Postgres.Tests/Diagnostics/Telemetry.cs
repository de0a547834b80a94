using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Diagnostics;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>Instruments for tests.</summary>
internal static class Telemetry
{
    public static CacheTelemetry Unheard { get; } = new(new CacheInstruments(meters: null), "", TimeProvider.System);

    /// <summary>A factory whose meters only this test hears.</summary>
    public static IMeterFactory NewMeters() => new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
}
