using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace AuthService.Authentication;

/// <summary>How often one client network may try what costs a password hash. Settings: <c>RateLimits:PerAddress</c>, <c>RateLimits:PerAccount</c>, a minute.</summary>
internal static class RateLimits
{
    public const string Credentials = "credentials";
    public const string PerAccount = "RateLimits:PerAccount";
    public const string PerAddress = "RateLimits:PerAddress";

    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PasswordAttempts>();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = TellWhenAsync;
            limiter.AddPolicy(Credentials, context => RateLimitPartition.GetFixedWindowLimiter(
                ClientNetwork.Of(context), _ => PerMinute(builder.Configuration, PerAddress, 20)));
        });
    }

    public static FixedWindowRateLimiterOptions PerMinute(IConfiguration configuration, string setting, int usual) => new()
    {
        PermitLimit = configuration.GetValue(setting, usual),
        Window = TimeSpan.FromMinutes(1),
    };

    private static async ValueTask TellWhenAsync(OnRejectedContext context, CancellationToken cancellationToken)
    {
        if (context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
        {
            context.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        await context.HttpContext.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(new()
        {
            HttpContext = context.HttpContext,
            ProblemDetails = { Status = StatusCodes.Status429TooManyRequests, Detail = "Too many attempts from this address." },
        });
    }
}
