using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace AuthService;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>, and a page to read and try it at <c>/docs</c>.</summary>
internal static class ApiDocumentation
{
    public const string Path = "/docs";

    /// <summary>The page's maker links to itself, for which there is no option.</summary>
    private const string WithoutAdvertisements = "a[href*='scalar.com'] { display: none !important; }";
    private const string Scheme = "Bearer";

    public static void AddApiDocumentation(this IServiceCollection services) => services.AddOpenApi(static document =>
    {
        document.AddDocumentTransformer(static (api, _, _) =>
        {
            api.Info.Title = "Auth service";
            api.Info.Description = "The sample of SolidCache.Postgres: users, roles and sessions, cached in PostgreSQL and Redis.";
            api.Servers = [];
            api.Components ??= new OpenApiComponents();
            api.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
            };
            return Task.CompletedTask;
        });
        document.AddOperationTransformer(static (operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<IAuthorizeData>().Any() && !metadata.OfType<IAllowAnonymous>().Any())
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
                operation.Responses ??= [];
                operation.Responses.TryAdd("401", new OpenApiResponse { Description = "No access token, or none that is believed" });
                operation.Responses.TryAdd("403", new OpenApiResponse { Description = "The permission is missing" });
            }

            return Task.CompletedTask;
        });
    });

    public static void MapApiDocumentation(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().AllowAnonymous();
        app.MapScalarApiReference(Path, static page => page
            .WithTitle("Auth service")
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .DisableMcp()
            .HideClientButton()
            .HideDeveloperTools()
            .WithCustomCss(WithoutAdvertisements)).AllowAnonymous();
    }
}
