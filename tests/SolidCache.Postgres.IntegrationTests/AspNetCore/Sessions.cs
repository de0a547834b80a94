using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.AspNetCore;

/// <summary>ASP.NET Core's session, and TempData in it, on two nodes with one database: in the cache of the application, and in one of their own.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class Sessions(bool isKeyed)
{
    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory();
    private TestDatabase _database = null!;
    private WebNode _one = null!;
    private WebNode _other = null!;

    private string Table => isKeyed ? "session_entries" : "solid_cache_entries";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        (_one, _other) = (await StartNodeAsync(), await StartNodeAsync());
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
        _keys.Delete(recursive: true);
    }

    [Test]
    public async Task A_visitor_has_one_session_whichever_node_answers()
    {
        var (visitor, another) = (new CookieContainer(), new CookieContainer());

        Assert.That(await GetAsync(_one, visitor, "/visits"), Is.EqualTo("1"));
        Assert.That(await GetAsync(_other, visitor, "/visits"), Is.EqualTo("2"));
        Assert.That(await GetAsync(_other, another, "/visits"), Is.EqualTo("1"));
        Assert.That(await GetAsync(_one, visitor, "/visits"), Is.EqualTo("3"));
    }

    [Test]
    public async Task Its_entry_lives_for_the_idle_time_after_each_request_that_reads_it()
    {
        var visitor = new CookieContainer();
        await GetAsync(_one, visitor, "/visits");
        var key = await _database.ScalarAsync<string>($"SELECT key FROM {Table} ORDER BY created_at DESC LIMIT 1");
        await _database.ExecuteAsync($"UPDATE {Table} SET expires_at = now() + interval '1 minute' WHERE key = '{key}'");

        Assert.That(await GetAsync(_other, visitor, "/seen"), Is.EqualTo("1"));

        await Eventually.TrueAsync(
            () => _database.ScalarAsync<bool>($"SELECT expires_at > now() + interval '19 minutes' FROM {Table} WHERE key = '{key}'"), "a request that reads the session prolongs it");
    }

    [Test]
    public async Task A_session_that_is_idle_for_too_long_is_gone()
    {
        var visitor = new CookieContainer();
        await GetAsync(_one, visitor, "/visits");
        await _database.ExecuteAsync($"UPDATE {Table} SET expires_at = expires_at - interval '25 minutes', created_at = created_at - interval '25 minutes'");

        Assert.That(await GetAsync(_one, visitor, "/seen"), Is.EqualTo("0"));
    }

    [Test]
    public async Task A_session_that_was_emptied_is_empty_everywhere()
    {
        var visitor = new CookieContainer();
        await GetAsync(_one, visitor, "/visits");
        await GetAsync(_one, visitor, "/leave");

        Assert.That(await GetAsync(_other, visitor, "/seen"), Is.EqualTo("0"));
    }

    [Test]
    public async Task A_large_session_is_kept()
    {
        var visitor = new CookieContainer();
        await GetAsync(_one, visitor, "/fill?bytes=2000000");

        Assert.That(await GetAsync(_other, visitor, "/filled"), Is.EqualTo("2000000"));
    }

    [Test]
    public async Task TempData_is_read_once_on_any_node()
    {
        var visitor = new CookieContainer();
        await GetAsync(_one, visitor, "/save");

        Assert.That(await GetAsync(_other, visitor, "/message"), Is.EqualTo("Saved."));
        Assert.That(await GetAsync(_one, visitor, "/message"), Is.Empty);
    }

    private static async Task<string> GetAsync(WebNode node, CookieContainer cookies, string path)
    {
        var site = new Uri("http://localhost/");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (cookies.GetCookieHeader(site) is { Length: > 0 } header)
        {
            request.Headers.Add("Cookie", header);
        }

        using var answer = await node.Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            cookies.SetCookies(site, cookie);
        }

        return await answer.Content.ReadAsStringAsync();
    }

    private Task<WebNode> StartNodeAsync() => WebNode.StartAsync(
        builder =>
        {
            // The cookie is encrypted: nodes that share sessions share these keys.
            builder.Services.AddDataProtection().SetApplicationName("shop").PersistKeysToFileSystem(_keys);
            builder.Services.AddPostgresSolidCache(options => options.ConnectionString = _database.ConnectionString);
            builder.Services.AddSession(options => options.IdleTimeout = TimeSpan.FromMinutes(20));
            builder.Services.AddControllersWithViews().AddSessionStateTempDataProvider();
            if (isKeyed)
            {
                builder.Services.AddKeyedPostgresSolidCache("sessions", options =>
                {
                    options.ConnectionString = _database.ConnectionString;
                    options.TableName = Table;
                    options.RefreshSlidingExpirationOnGet = false;
                });
                builder.Services.AddSingleton<ISessionStore>(provider => new DistributedSessionStore(
                    provider.GetRequiredKeyedService<IDistributedCache>("sessions"), provider.GetRequiredService<ILoggerFactory>()));
            }
        },
        application =>
        {
            application.UseSession();
            application.Use(async (context, next) =>
            {
                await context.Session.LoadAsync(context.RequestAborted);
                await next();
            });
            application.MapGet("/visits", (HttpContext context) =>
            {
                var visits = (context.Session.GetInt32("visits") ?? 0) + 1;
                context.Session.SetInt32("visits", visits);
                return visits.ToString(CultureInfo.InvariantCulture);
            });
            application.MapGet("/seen", (HttpContext context) => (context.Session.GetInt32("visits") ?? 0).ToString(CultureInfo.InvariantCulture));
            application.MapGet("/leave", (HttpContext context) => context.Session.Clear());
            application.MapGet("/fill", (HttpContext context, int bytes) => context.Session.Set("large", new byte[bytes]));
            application.MapGet("/filled", (HttpContext context) => context.Session.Get("large")!.Length.ToString(CultureInfo.InvariantCulture));
            application.MapGet("/save", (HttpContext context, ITempDataDictionaryFactory factory) =>
            {
                var data = factory.GetTempData(context);
                data["message"] = "Saved.";
                data.Save();
            });
            application.MapGet("/message", (HttpContext context, ITempDataDictionaryFactory factory) =>
            {
                var data = factory.GetTempData(context);
                var message = (string?)data["message"];
                data.Save();
                return message ?? "";
            });
        });
}
