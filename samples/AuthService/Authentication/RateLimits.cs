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

    /// <summary>The window slides by ten seconds: at the turn of one that does not, twice as many would come at once.</summary>
    private const int Segments = 6;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PasswordAttempts>();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.OnRejected = TellWhenAsync;
            limiter.AddPolicy(Credentials, context => RateLimitPartition.GetSlidingWindowLimiter(
                ClientNetwork.Of(context), _ => PerMinute(builder.Configuration, PerAddress, 20)));
        });
    }

    public static SlidingWindowRateLimiterOptions PerMinute(IConfiguration configuration, string setting, int usual) => new()
    {
        PermitLimit = configuration.GetValue(setting, usual),
        Window = Minute,
        SegmentsPerWindow = Segments,
    };

    private static async ValueTask TellWhenAsync(OnRejectedContext context, CancellationToken cancellationToken)
    {
        // A window that slides does not tell; when it has passed, there is room.
        context.HttpContext.Response.Headers.RetryAfter = Minute.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await context.HttpContext.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(new()
        {
            HttpContext = context.HttpContext,
            ProblemDetails = { Status = StatusCodes.Status429TooManyRequests, Detail = "Too many attempts from this address." },
        });
    }
}
