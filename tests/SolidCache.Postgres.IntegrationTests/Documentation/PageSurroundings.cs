using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>What the C# of a page finds when it starts. Public, with small letters, since a page's reader would have written these names.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Style", "IDE1006", Justification = "They are the variables of the page.")]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1707", Justification = "They are the variables of the page.")]
public sealed class PageSurroundings(string database, ISolidCache running)
{
    public string connectionString { get; } = database;

    public IServiceCollection services { get; } = WebApplication.CreateBuilder().Services;

    public ISolidCache cache { get; } = running;
}
