using AuthService;
using AuthService.Administration;
using AuthService.Authentication;
using AuthService.Database;
using AuthService.Health;
using AuthService.Users;

try
{
    var builder = WebApplication.CreateBuilder(args);
    await builder.AddDatabaseAsync();
    builder.Services.AddPostgresSolidCache();
    builder.AddAccessTokens();
    builder.Services.AddPermissionPolicies();
    builder.Services.AddUsers();
    builder.Services.AddServiceHealth();
    builder.Services.AddHttpConventions();

    var app = builder.Build();
    app.UseExceptionHandler();
    app.UseStatusCodePages();
    app.UseAuthentication();
    app.UseAuthorization();
    app.MapSignIn();
    app.MapUsers();
    app.MapCacheAdministration();
    app.MapServiceHealth();

    await app.RunAsync();
    return 0;
}
catch (SetupException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
