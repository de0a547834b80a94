using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres;
using SolidCache.Postgres.Aot;

// What the library does, each once, as native code: the connection string is ConnectionStrings__cachedb.
var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Configuration.AddEnvironmentVariables();
builder.Configuration.AddInMemoryCollection(
[
    new("SolidCache:Postgres:SweepInterval", "00:30:00"),
    new("SolidCache:Postgres:cachedb:KeyPrefix", "aot"),
    new("SolidCache:Postgres:cachedb:CompressValuesFrom", "1000"),
]);
builder.AddPostgresSolidCache("cachedb");
builder.Services.AddPostgresSolidHybridCache();
using var host = builder.Build();
await host.StartAsync();
var cache = host.Services.GetRequiredService<ISolidCache>();

await cache.SetStringAsync("text", "hello", new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromMinutes(1) });
var startUp = DateTime.Now - Process.GetCurrentProcess().StartTime;
Check("set and get", await cache.GetStringAsync("text") == "hello");
Check("time to live", await cache.GetTimeToLiveAsync("text") > TimeSpan.FromSeconds(50));
cache.Set("bytes", [1, 2, 3], new());
Check("synchronously", cache.Get("bytes") is [1, 2, 3]);

cache.Set("zeros", new byte[10_000], new());
Check("compression", cache.Get("zeros") is { Length: 10_000 } zeros && !zeros.AsSpan().ContainsAnyExcept((byte)0));

var profile = new Profile(7, "Ada");
await cache.SetJsonAsync("profile", profile, ProfileContext.Default.Profile);
Check("JSON", await cache.GetJsonAsync("profile", ProfileContext.Default.Profile) == profile);

var made = 0;
for (var call = 0; call < 2; call++)
{
    var value = await cache.GetOrCreateAsync("made", _ => ValueTask.FromResult(Encoding.UTF8.GetBytes($"{++made}")), new() { Tags = ["tag"] });
    Check($"get or create, call {call}", value is [(byte)'1']);
}

Check("get or create, JSON", await cache.GetOrCreateAsync("made profile", _ => ValueTask.FromResult(profile), ProfileContext.Default.Profile, new() { Tags = ["tag"] }) == profile);
Check("remove by tag", await cache.RemoveByTagAsync("tag") == 2 && await cache.GetAsync("made") is null);
Check("remove by prefix", await cache.RemoveByPrefixAsync("b") == 1);
await cache.RemoveAsync("text");
Check("remove", !await cache.ExistsAsync("text"));

var hybrid = host.Services.GetRequiredService<HybridCache>();
var invalidations = host.Services.GetRequiredService<ISolidCacheInvalidations>();
var told = new TaskCompletionSource();
await invalidations.WaitUntilCurrentAsync();
using var subscription = invalidations.Subscribe(_ => told.TrySetResult());
Check("HybridCache", await HybridAsync() == "1" && await HybridAsync() == "1");
await using (var otherNode = PostgresSolidCache.Create(builder.Configuration.GetConnectionString("cachedb")!, options => options.KeyPrefix = "aot"))
{
    await otherNode.RemoveAsync("hybrid");
}

// Its own storing of the entry is told too.
for (var waited = Stopwatch.StartNew(); await HybridAsync() == "1" && waited.Elapsed < TimeSpan.FromSeconds(30);)
{
    await Task.Delay(10);
}

await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
Check("invalidation", await HybridAsync() == "2");

await cache.SetAsync("brief", [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMilliseconds(1) });
while (await cache.ExistsAsync("brief"))
{
}

Check("sweep", await cache.RemoveExpiredAsync() >= 1);
Check("statistics", (await cache.GetStatisticsAsync()).TotalEntries >= 1);
var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
Check("health", health.Status == HealthStatus.Healthy && health.Entries.ContainsKey("solid_cache"));
await host.StopAsync();
Console.WriteLine($"from the start of the process to the first entry that was stored: {startUp.TotalMilliseconds:0} ms");

ValueTask<string> HybridAsync() => hybrid.GetOrCreateAsync("hybrid", _ => ValueTask.FromResult($"{made++}"));

static void Check(string what, bool isRight)
{
    if (!isRight)
    {
        throw new InvalidOperationException($"As native code this does not work: {what}.");
    }

    Console.WriteLine($"{what}: works");
}
