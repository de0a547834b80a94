using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AuthService.Health;

/// <summary>What everybody may know: states and figures. Errors, which name hosts and roles, are in the log.</summary>
internal sealed record HealthReply(string Status, HealthReply.Parts Services)
{
    public static HealthReply From(HealthReport report, PoolFigures pool) => new(
        Name(report.Status),
        new Parts(
            DatabasePart.From(report.Entries[HealthEndpoint.Database], pool.Read()),
            new RedisPart(report.Entries[HealthEndpoint.Redis].Status == HealthStatus.Healthy ? "healthy" : "unhealthy"),
            CachePart.From(report.Entries[HealthEndpoint.SolidCache])));

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };

    internal sealed record Parts(DatabasePart Database, RedisPart Redis, CachePart SolidCache);

    internal sealed record DatabasePart(bool Healthy, Dictionary<string, PoolPart> Pools)
    {
        public static DatabasePart From(HealthReportEntry entry, (long Size, long Free) pool) => new(
            entry.Status == HealthStatus.Healthy,
            new() { ["primary"] = new PoolPart(Name(entry.Status), pool.Size, pool.Free) });
    }

    internal sealed record PoolPart(string Status, long Size, long Free);

    internal sealed record RedisPart(string Status);

    /// <summary>The figures are left out when the cache did not answer.</summary>
    internal sealed record CachePart(
        string Status,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? TotalEntries,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? ExpiredEntries,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? TotalSizeKb)
    {
        public static CachePart From(HealthReportEntry entry) => new(
            Name(entry.Status),
            entry.Data.GetValueOrDefault("total_entries"),
            entry.Data.GetValueOrDefault("expired_entries"),
            entry.Data.GetValueOrDefault("total_size_kb"));
    }
}
