using AuthService;
using AuthService.Administration;
using AuthService.Authentication;
using AuthService.Caching;
using AuthService.Database;
using AuthService.Health;
using AuthService.Roles;
using AuthService.Settings;
using AuthService.Statistics;
using AuthService.Telemetry;
using AuthService.Users;

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.Configuration.CheckSettings();
    await builder.AddDatabaseAsync();
    builder.Services.AddSolidCache();
    builder.AddRedis();
    builder.AddAccessTokens();
    builder.AddRateLimits();
    builder.Services.AddPermissionPolicies();
    builder.Services.AddUsers();
    builder.Services.AddRoles();
    builder.Services.AddSettings();
    builder.Services.AddStatistics();
    builder.Services.AddCacheAdministration();
    builder.Services.AddServiceHealth();
    builder.AddServiceTelemetry();
    builder.Services.AddApiDocumentation();
    builder.AddHttpConventions();

    var app = builder.Build();
    app.UseSecurityHeaders();
    app.UseExceptionHandler();
    app.UseStatusCodePages();
    app.UseUtf8Only();
    app.UseAdministrationPage();
    app.UseRouting();
    app.UseRateLimiter();
    app.UseAuthentication();
    app.UseAuthorization();
    app.MapAuthentication();
    app.MapUsers();
    app.MapRoles();
    app.MapSettings();
    app.MapStatistics();
    app.MapCacheAdministration();
    app.MapServiceHealth();
    app.MapServiceTelemetry();
    app.MapApiDocumentation();

    await app.RunAsync();
    return 0;
}
catch (SetupException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
