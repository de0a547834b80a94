using System.Threading.RateLimiting;

namespace AuthService.Authentication;

/// <summary>
/// How often a password may be tried for one account, wherever the attempts come from; those from one address are limited before they get here.
/// Each process counts for itself.
/// </summary>
internal sealed class SignInAttempts(IConfiguration configuration) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(email =>
        RateLimitPartition.GetFixedWindowLimiter(email.ToUpperInvariant(), _ => RateLimits.PerMinute(configuration, RateLimits.PerAccount, 10)));

    public bool MayTry(string email)
    {
        using var lease = _limiter.AttemptAcquire(email);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
