using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>
/// The sample service in this process, and its clients. Its sweeper is off: tests say when entries are removed. A setting of null is left to the service.
/// </summary>
public sealed class SampleService(string connectionString, params (string Name, string? Value)[] settings) : WebApplicationFactory<Program>
{
    /// <summary>Long enough for the algorithms that the service does not use, too.</summary>
    public const string SigningKey = "a signing key that only these tests know, of more than sixty-four bytes";

    public const long AdminId = 1;
    public const long AliceId = 2;

    public ISolidCache Cache => Services.GetRequiredService<ISolidCache>();

    /// <summary>A key as it stands in the table, behind the version of what is cached.</summary>
    public string StoredKey(string key) => $"{Services.GetRequiredService<IOptions<PostgresSolidCacheOptions>>().Value.KeyPrefix}^{key}";

    /// <summary>A client whose requests come from an address; <see cref="ClientAddress.None"/>: from none.</summary>
    public HttpClient From(string address)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Add(ClientAddress.Header, address);
        return client;
    }

    public HttpClient WithToken(string token)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public Task<HttpClient> SignInAsAdminAsync() => SignInAsync("admin@example.com", "Admin-demo-1");

    public Task<HttpClient> SignInAsAliceAsync() => SignInAsync("alice@example.com", "Alice-demo-1");

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        var all = new Dictionary<string, string?>
        {
            ["ConnectionStrings:Postgres"] = connectionString,
            ["Jwt:SigningKey"] = SigningKey,
            ["RateLimits:PerAddress"] = "100000",
            ["RateLimits:PerAccount"] = "100000",
            ["Passwords:Iterations"] = "1000",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        foreach (var (name, value) in all.Where(static setting => setting.Value is not null))
        {
            builder.UseSetting(name, value);
        }

        builder.ConfigureLogging(static logging => logging.ClearProviders());
        builder.ConfigureTestServices(static services => services
            .AddSingleton<IStartupFilter, ClientAddress>()
            .Configure<PostgresSolidCacheOptions>(static options => options.SweepExpiredEntries = false));
    }

    private async Task<HttpClient> SignInAsync(string email, string password)
    {
        using var anonymous = CreateClient();
        using var response = await anonymous.PostAsJsonAsync("/auth/sign-in", new { email, password });
        var reply = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return WithToken(reply.GetProperty("accessToken").GetString()!);
    }
}
