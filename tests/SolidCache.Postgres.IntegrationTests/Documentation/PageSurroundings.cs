using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>What the C# of a page finds when it starts. Public, with small letters, since a page's reader would have written these names.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1819", Justification = "The args of a program are an array.")]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Style", "IDE1006", Justification = "They are the variables of the page.")]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1707", Justification = "They are the variables of the page.")]
public sealed class PageSurroundings(string database, ISolidCache running)
{
    public string[] args { get; } = [$"--ConnectionStrings:Postgres={database}"];

    public string connectionString { get; } = database;

    public WebApplicationBuilder builder { get; } = WebApplication.CreateBuilder();

    public IServiceCollection services => builder.Services;

    public ISolidCache cache { get; } = running;

    public UserProfile profile { get; } = new(123, "Ada");

    /// <summary>Something to cache.</summary>
    public sealed record UserProfile(long Id, string Name);
}
