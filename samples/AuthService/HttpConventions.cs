using System.Text.Json;
using AuthService.Database;
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
        services.AddOptions<ExceptionHandlerOptions>().Configure<DatabaseInitializer>(static (errors, initializer) =>
            errors.StatusCodeSelector = error => StatusOf(error, initializer));
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
        });
    }

    /// <summary>JSON is UTF-8. The framework takes whatever else a request names for its own error, unless it knows it.</summary>
    public static void UseUtf8Only(this WebApplication app) => app.Use(static (context, next) =>
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.Charset.HasValue)
        {
            return next(context);
        }

        if (HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            // The framework knows it without quotes.
            type.Charset = "utf-8";
            context.Request.ContentType = type.ToString();
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

    /// <summary>A database that cannot serve at the moment does again: the client may try again.</summary>
    private static int StatusOf(Exception error, DatabaseInitializer initializer) => error switch
    {
        NpgsqlException { IsTransient: true } or SolidCacheException { IsTransient: true } or TimeoutException => StatusCodes.Status503ServiceUnavailable,
        NpgsqlException when !initializer.IsDone => StatusCodes.Status503ServiceUnavailable,
        PostgresException server when CannotServe(server.SqlState) => StatusCodes.Status503ServiceUnavailable,
        SolidCacheException { InnerException: NpgsqlException server } => StatusOf(server, initializer),
        BadHttpRequestException request => request.StatusCode,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Whatever was asked for: read only, stopped or out of its time (class 57), or letting nobody in (28, 3D).</summary>
    private static bool CannotServe(string sqlState) =>
        sqlState is PostgresErrorCodes.ReadOnlySqlTransaction || sqlState[..2] is "57" or "28" or "3D";
}
