using System.Text.Json;
using Npgsql;

namespace AuthService;

/// <summary>What all endpoints share: snake_case in JSON, errors as problem details.</summary>
internal static class HttpConventions
{
    public static void AddHttpConventions(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        services.AddProblemDetails();
        services.Configure<RouteHandlerOptions>(static routes => routes.ThrowOnBadRequest = false);
        services.Configure<ExceptionHandlerOptions>(static errors => errors.StatusCodeSelector = StatusOf);
    }

    /// <summary>A database that is away comes back: the client may try again.</summary>
    private static int StatusOf(Exception error) =>
        error is NpgsqlException { IsTransient: true } ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError;
}
