using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>One node of a web application: a host with the real middleware, served in memory.</summary>
public sealed class WebNode : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebNode(WebApplication application)
    {
        _application = application;
        Client = application.GetTestClient();
    }

    public HttpClient Client { get; }

    public IServiceProvider Services => _application.Services;

    public FakeLogCollector Logs => Services.GetRequiredService<FakeLogCollector>();

    public static async Task<WebNode> StartAsync(Action<WebApplicationBuilder> configure, Action<WebApplication> use)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders().AddFakeLogging();
        configure(builder);
        var application = builder.Build();
        use(application);
        await application.StartAsync();
        return new WebNode(application);
    }

    /// <summary>The body of what a path answers.</summary>
    public async Task<string> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var answer = await Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
