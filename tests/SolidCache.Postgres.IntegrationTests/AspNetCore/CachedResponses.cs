using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.AspNetCore;

/// <summary>ASP.NET Core's output caching on two nodes with one database.</summary>
public sealed class CachedResponses
{
    private readonly TaskCompletionSource _slowMayEnd = new();
    private int _executions;
    private TestDatabase _database = null!;
    private WebNode _one = null!;
    private WebNode _other = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        (_one, _other) = (await StartNodeAsync(_database.ConnectionString), await StartNodeAsync(_database.ConnectionString));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_response_of_one_node_is_the_others_too()
    {
        using var made = await _one.Client.GetAsync(new Uri("/cached?shared", UriKind.Relative));
        using var cached = await _other.Client.GetAsync(new Uri("/cached?shared", UriKind.Relative));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await cached.Content.ReadAsStringAsync(), Is.EqualTo(await made.Content.ReadAsStringAsync()));
            Assert.That((made.Headers.Age is null, cached.Headers.Age is null), Is.EqualTo((true, false)));
            Assert.That(cached.Headers.GetValues("X-Made"), Is.EqualTo(made.Headers.GetValues("X-Made")));
        }
    }

    [Test]
    public async Task Queries_vary_and_those_that_are_not_named_do_not()
    {
        var lamp = await _one.GetAsync("/by-query?product=lamp&campaign=1");

        Assert.That(await _other.GetAsync("/by-query?product=lamp&campaign=2"), Is.EqualTo(lamp));
        Assert.That(await _other.GetAsync("/by-query?product=chair&campaign=1"), Is.Not.EqualTo(lamp));
    }

    [Test]
    public async Task Headers_vary_and_those_that_are_not_named_do_not()
    {
        var english = await _one.GetAsync("/by-header", ("X-Language", "en"), ("X-Trace", "1"));

        Assert.That(await _other.GetAsync("/by-header", ("X-Language", "en"), ("X-Trace", "2")), Is.EqualTo(english));
        Assert.That(await _other.GetAsync("/by-header", ("X-Language", "de"), ("X-Trace", "1")), Is.Not.EqualTo(english));
    }

    [Test]
    public async Task A_tag_is_evicted_on_every_node_by_any()
    {
        var (lamp, chair) = (await _one.GetAsync("/products/lamp"), await _other.GetAsync("/products/chair"));
        Assert.That((await _other.GetAsync("/products/lamp"), await _one.GetAsync("/products/chair")), Is.EqualTo((lamp, chair)));

        await _other.Services.GetRequiredService<IOutputCacheStore>().EvictByTagAsync("product:lamp", default);

        Assert.That(await _one.GetAsync("/products/lamp"), Is.Not.EqualTo(lamp));
        Assert.That(await _one.GetAsync("/products/chair"), Is.EqualTo(chair));

        await _one.Services.GetRequiredService<IOutputCacheStore>().EvictByTagAsync("products", default);
        Assert.That(await _other.GetAsync("/products/chair"), Is.Not.EqualTo(chair));
    }

    [Test]
    public async Task A_response_expires()
    {
        var first = await _one.GetAsync("/brief");
        await Eventually.TrueAsync(async () => await _other.GetAsync("/brief") != first, "a response is made anew after its time");
    }

    [Test, CancelAfter(60_000)]
    public async Task Of_many_requests_at_once_a_node_executes_one()
    {
        var before = Volatile.Read(ref _executions);
        var requests = Enumerable.Range(0, 50).Select(_ => _one.GetAsync("/slow")).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref _executions) > before, "the first request is executed");
        // All have looked by then: who looks before the response is stored and asks after that for his turn executes, too.
        await Task.Delay(500);
        _slowMayEnd.SetResult();
        var bodies = await Task.WhenAll(requests);

        Assert.That(bodies.Distinct().Count(), Is.EqualTo(1));
        Assert.That(_executions - before, Is.EqualTo(1));
        Assert.That(await _other.GetAsync("/slow"), Is.EqualTo(bodies[0]));
        Assert.That(_executions - before, Is.EqualTo(1));
    }

    [Test]
    public async Task A_large_response_and_an_empty_one_are_cached()
    {
        var large = await _one.GetAsync("/large");
        Assert.That(await _other.GetAsync("/large"), Is.EqualTo(large));

        using var made = await _one.Client.GetAsync(new Uri("/empty", UriKind.Relative));
        using var cached = await _other.Client.GetAsync(new Uri("/empty", UriKind.Relative));
        Assert.That(cached.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(cached.Headers.GetValues("X-Made"), Is.EqualTo(made.Headers.GetValues("X-Made")));
    }

    /// <summary>Nobody listens on the port.</summary>
    [Test]
    public async Task While_the_database_is_away_responses_are_made_anew_and_the_log_is_quiet()
    {
        await using var node = await StartNodeAsync("Host=127.0.0.1;Port=1;Username=nobody");

        var (first, second) = (await node.GetAsync("/cached"), await node.GetAsync("/cached"));

        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(
            node.Logs.GetSnapshot().Where(record => record.Category!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) && record.Level >= LogLevel.Warning), Is.Empty);
        Assert.That(async () => await node.Services.GetRequiredService<IOutputCacheStore>().EvictByTagAsync("products", default), Throws.Exception, "Who evicts relies on it.");
    }

    [Test]
    public async Task A_store_that_throws_costs_no_request_and_fills_the_log()
    {
        await using var node = await StartNodeAsync("Host=127.0.0.1;Port=1;Username=nobody", options => options.FailureMode = SolidCacheFailureMode.Throw);

        Assert.That(await node.GetAsync("/cached"), Is.Not.Empty);
        Assert.That(node.Logs.GetSnapshot().Count(record => record.Category!.StartsWith("Microsoft.AspNetCore.OutputCaching", StringComparison.Ordinal) && record.Level >= LogLevel.Warning), Is.EqualTo(2));
    }

    private Task<WebNode> StartNodeAsync(string connectionString, Action<PostgresSolidCacheOptions>? configureStore = null) => WebNode.StartAsync(
        builder =>
        {
            builder.Services.AddPostgresSolidCache(options => options.ConnectionString = connectionString);
            builder.Services.AddOutputCache();
            builder.Services.AddPostgresSolidCacheOutputStore(configureStore);
        },
        application =>
        {
            application.UseOutputCache();
            application.MapGet("/cached", Made).CacheOutput();
            application.MapGet("/by-query", Made).CacheOutput(policy => policy.SetVaryByQuery("product"));
            application.MapGet("/by-header", Made).CacheOutput(policy => policy.SetVaryByHeader("X-Language"));
            application.MapGet("/products/lamp", Made).CacheOutput(policy => policy.Tag("products", "product:lamp"));
            application.MapGet("/products/chair", Made).CacheOutput(policy => policy.Tag("products", "product:chair"));
            application.MapGet("/brief", Made).CacheOutput(policy => policy.Expire(TimeSpan.FromMilliseconds(500)));
            application.MapGet("/large", () => Guid.NewGuid() + new string('x', 5 * 1024 * 1024)).CacheOutput();
            application.MapGet("/empty", (HttpContext context) => Made(context) is { } ? Results.Ok() : null).CacheOutput();
            application.MapGet("/slow", async (HttpContext context) =>
            {
                Interlocked.Increment(ref _executions);
                await _slowMayEnd.Task;
                return Made(context);
            }).CacheOutput();
        });

    private static string Made(HttpContext context)
    {
        var made = Guid.NewGuid().ToString();
        context.Response.Headers["X-Made"] = made;
        return made;
    }
}
