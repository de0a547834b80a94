using System.Text.Json;
using AuthService.Users;
using Npgsql;

namespace AuthService;

/// <summary>What all endpoints share: snake_case in JSON, errors as problem details, headers that browsers heed.</summary>
internal static class HttpConventions
{
    private const int LargestBody = 64 * 1024;

    public static void AddHttpConventions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        services.AddProblemDetails();
        services.Configure<RouteHandlerOptions>(static routes => routes.ThrowOnBadRequest = false);
        services.Configure<ExceptionHandlerOptions>(static errors => errors.StatusCodeSelector = StatusOf);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
        });
    }

    public static string NameOf(CacheUse cache) => cache switch
    {
        CacheUse.Hit => "hit",
        CacheUse.Miss => "miss",
        _ => "bypass",
    };

    /// <summary>A database that is away comes back: the client may try again.</summary>
    private static int StatusOf(Exception error) => error switch
    {
        NpgsqlException { IsTransient: true } => StatusCodes.Status503ServiceUnavailable,
        BadHttpRequestException request => request.StatusCode,
        _ => StatusCodes.Status500InternalServerError,
    };
}
