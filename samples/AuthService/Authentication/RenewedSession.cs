namespace AuthService.Authentication;

/// <summary>What a refresh finds: whose session it is, what that user may do now, and for how many seconds the next refresh token lives.</summary>
internal sealed record RenewedSession(long UserId, string Email, string PasswordHash, int Seconds, string[] Permissions);
