using System.Threading.RateLimiting;

namespace AuthService.Authentication;

/// <summary>
/// How often a password may be tried for one account, wherever the attempts come from; those from one network are limited before they get here.
/// A network from which the account was signed in to before has a count of its own: who tries from elsewhere does not lock the owner out there.
/// Each process counts for itself.
/// </summary>
internal sealed class PasswordAttempts(IConfiguration configuration) : IDisposable
{
    private readonly PartitionedRateLimiter<(string Purpose, string Account, string? Network)> _limiter =
        PartitionedRateLimiter.Create<(string Purpose, string Account, string? Network), (string, string, string?)>(attempt =>
            RateLimitPartition.GetSlidingWindowLimiter(attempt, _ => RateLimits.PerMinute(configuration, RateLimits.PerAccount, 10)));

    public bool MayTry(string purpose, Credentials credentials, string network)
    {
        using var lease = _limiter.AttemptAcquire((purpose, credentials.Email, credentials.IsFromKnownNetwork ? network : null));
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
