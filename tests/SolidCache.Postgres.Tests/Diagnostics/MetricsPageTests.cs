using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using SolidCache.Postgres.Diagnostics;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>docs/metrics.md lists the instruments that there are, and the events.</summary>
public sealed partial class MetricsPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "metrics.md"));

    [Test]
    public void Every_instrument_is_on_the_page_with_its_kind_and_unit() =>
        Assert.That(
            InstrumentRow().Matches(Page).Select(row => $"{row.Groups["name"]} {row.Groups["kind"]} {row.Groups["unit"]}"),
            Is.EquivalentTo(Instruments().Select(one => $"{one.Name} {KindOf(one)} {one.Unit}")));

    [Test]
    public void Every_instrument_has_its_Prometheus_name_on_the_page() =>
        Assert.That(
            InstrumentRow().Matches(Page).Select(row => row.Groups["prometheus"].Value),
            Is.EquivalentTo(Instruments().Select(PrometheusNameOf)));

    [Test]
    public void Every_event_of_the_log_is_on_the_page() =>
        Assert.That(
            EventRow().Matches(Page).Select(row => $"{row.Groups["id"]} {row.Groups["name"]}"),
            Is.EquivalentTo(LogTests.Messages.Select(message => $"{message.EventId} {message.EventName}")));

    private static List<Instrument> Instruments()
    {
        var found = new List<Instrument>();
        using var meters = Telemetry.NewMeters();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => found.Add(instrument) };
        using var instruments = new CacheInstruments(meters);
        listener.Start();
        return [.. found.Where(instrument => instrument.Meter.Name == SolidCacheTelemetry.MeterName && instrument.Meter.Scope == meters)];
    }

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => "counter",
        "Histogram" => "histogram",
        _ => "gauge",
    };

    private static string PrometheusNameOf(Instrument instrument) =>
        instrument.Name.Replace('.', '_') + (instrument.Unit, KindOf(instrument)) switch
        {
            ("s", _) => "_seconds",
            ("By", _) => "_bytes",
            (_, "counter") => "_total",
            _ => "",
        };

    [GeneratedRegex(@"^\| `(?<name>solid_cache\.\S+)` \| (?<kind>\w+) \| `(?<unit>\S+)` \|[^|]*\| `(?<prometheus>\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex InstrumentRow();

    [GeneratedRegex(@"^\| (?<id>\d+) \| `(?<name>\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex EventRow();
}
