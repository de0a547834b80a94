namespace AuthService.Administration;

/// <summary>What happened in one second.</summary>
internal readonly record struct ActivityPoint(long Hits, long Misses, long Writes, long Errors);
