namespace AuthService.Statistics;

/// <summary>Figures over all users, and when they were counted.</summary>
internal sealed record UserStatistics(
    long TotalUsers, long NewUsersInLast30Days, long SessionsInLast24Hours, Dictionary<string, long> UsersByRole, DateTime CountedAt);
