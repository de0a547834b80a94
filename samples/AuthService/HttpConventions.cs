using System.Text.Json;
using AuthService.Users;
using Microsoft.Net.Http.Headers;
using Npgsql;
using SolidCache.Postgres;

namespace AuthService;

/// <summary>What all endpoints share: snake_case in JSON, errors as problem details, headers that browsers heed.</summary>
internal static class HttpConventions
{
    /// <summary>For endpoints that take every method unless they are told.</summary>
    public static readonly HttpMethodMetadata OnlyRead = new([HttpMethods.Get, HttpMethods.Head]);

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

    /// <summary>JSON is UTF-8. The framework takes whatever else a request names for its own error, unless it knows it.</summary>
    public static void UseUtf8Only(this WebApplication app) => app.Use(static (context, next) =>
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.Charset.HasValue
            || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return Task.CompletedTask;
    });

    public static string NameOf(CacheUse cache) => cache switch
    {
        CacheUse.Hit => "hit",
        CacheUse.Miss => "miss",
        _ => "bypass",
    };

    /// <summary>A database that is away comes back: the client may try again.</summary>
    private static int StatusOf(Exception error) => error switch
    {
        NpgsqlException { IsTransient: true } or SolidCacheException { IsTransient: true } or TimeoutException => StatusCodes.Status503ServiceUnavailable,
        BadHttpRequestException request => request.StatusCode,
        _ => StatusCodes.Status500InternalServerError,
    };
}
