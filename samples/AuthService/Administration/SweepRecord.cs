namespace AuthService.Administration;

/// <summary>A sweep of this instance, by schedule or by hand.</summary>
internal sealed record SweepRecord(DateTimeOffset FinishedAt, long DeletedCount, double Milliseconds);
