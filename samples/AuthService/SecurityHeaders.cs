using AuthService.Authentication;
using Microsoft.Net.Http.Headers;

namespace AuthService;

/// <summary>Tells browsers what pages of this service may do: nothing but what they bring along. And that nobody keeps what is secret.</summary>
internal static class SecurityHeaders
{
    private const string Strict =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The reference of the API, of a package, styles itself as it goes.</summary>
    private const string OfTheReference =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Comes first, and writes when the answer starts: whoever handles an error begins the answer anew.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use(static (context, next) =>
    {
        // What is answered to a token; and under /auth neither tokens nor what is said about passwords belong into a cache on the way.
        var isSecret = context.Request.Headers.ContainsKey(HeaderNames.Authorization) || context.Request.Path.StartsWithSegments(AuthenticationEndpoints.Path, StringComparison.OrdinalIgnoreCase);
        var policy = context.Request.Path.StartsWithSegments(ApiDocumentation.Path, StringComparison.OrdinalIgnoreCase) ? OfTheReference : Strict;
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            if (isSecret)
            {
                headers.CacheControl = "no-store";
            }

            return Task.CompletedTask;
        });
        return next(context);
    });
}
