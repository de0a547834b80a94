namespace SolidCache.Postgres.Diagnostics;

/// <summary>What a call does, as its metrics and its span name it.</summary>
/// <param name="Name">The value of the tag <c>solid_cache.operation</c>.</param>
/// <param name="SpanName">The name of its activity.</param>
internal sealed record CacheOperation(string Name, string SpanName)
{
    public static readonly CacheOperation Get = Of("get");
    public static readonly CacheOperation Set = Of("set");
    public static readonly CacheOperation Lease = Of("lease");
    public static readonly CacheOperation Fill = Of("fill");
    public static readonly CacheOperation Refresh = Of("refresh");
    public static readonly CacheOperation Remove = Of("remove");
    public static readonly CacheOperation RemoveMany = Of("remove_many");
    public static readonly CacheOperation TimeToLive = Of("time_to_live");
    public static readonly CacheOperation Statistics = Of("statistics");
    public static readonly CacheOperation Sweep = Of("sweep");

    private static CacheOperation Of(string name) => new(name, $"solid_cache.{name}");
}
