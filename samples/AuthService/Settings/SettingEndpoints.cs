using AuthService.Authentication;
using AuthService.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Settings;

internal static class SettingEndpoints
{
    public static void AddSettings(this IServiceCollection services)
    {
        services.AddSingleton<SettingStore>();
        services.AddSingleton<SettingDirectory>();
        services.AddSingleton<SettingTrigger>();
    }

    public static void MapSettings(this IEndpointRouteBuilder app)
    {
        var settings = app.MapGroup("/settings").WithTags("Settings");
        settings.MapGet("", ListAsync).RequireAuthorization().WithSummary("Lists the settings of the system");
        settings.MapPut("/{name}", UpdateAsync)
            .RequireAuthorization(Permissions.SystemAdmin)
            .WithSummary("Changes a setting, which clears the cached list")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<Setting[]>> ListAsync(SettingDirectory directory, HttpResponse response, CancellationToken cancellationToken)
    {
        var (settings, fromCache) = await directory.ListAsync(cancellationToken);
        response.Headers["X-Cache"] = HttpConventions.NameOf(fromCache ? CacheUse.Hit : CacheUse.Miss);
        return TypedResults.Ok(settings);
    }

    private static async Task<Results<NoContent, ValidationProblem, ProblemHttpResult>> UpdateAsync(
        string name, SettingUpdate update, SettingStore store, CancellationToken cancellationToken)
    {
        if (update.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        return !name.Contains('\0', StringComparison.Ordinal) && await store.UpdateAsync(name, update.Value!, cancellationToken)
            ? TypedResults.NoContent()
            : TypedResults.Problem(statusCode: StatusCodes.Status404NotFound, detail: "There is no setting of this name; GET /settings lists them.");
    }
}
