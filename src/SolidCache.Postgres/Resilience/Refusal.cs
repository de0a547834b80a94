using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Resilience;

/// <summary>What a call ends with that a breaker refuses.</summary>
internal static class Refusal
{
    /// <summary>Without the reason itself: its stack is that of other calls, and refusals are made often. An object of its own for each caller.</summary>
    public static SolidCacheException Of(TableName table, Exception reason) =>
        new($"The cache {table} is not asked until its server answers again, which is looked after every two seconds or more often. What it failed with: {reason.Message}")
        {
            IsTransient = true,
        };
}
