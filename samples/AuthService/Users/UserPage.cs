namespace AuthService.Users;

/// <summary>Some of the users, in the order of their ids.</summary>
internal sealed record UserPage(IReadOnlyList<UserSummary> Users, int Page, int PageSize, long TotalUsers, long TotalPages);
