// What a new user of the package writes first; eng/package-test.sh compiles it against the packed library.
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddPostgresSolidCache(options =>
    options.ConnectionString = builder.Configuration.GetConnectionString("Postgres")!);

using var host = builder.Build();
await host.StartAsync();

var cache = host.Services.GetRequiredService<IDistributedCache>();
await cache.SetStringAsync("greeting", "hello");
var greeting = await cache.GetStringAsync("greeting");

// The lines of the README.
var profile = new UserProfile("Ada");
await cache.SetJsonAsync("user_profile:123", profile, new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10) });
var (found, cached) = await cache.TryGetJsonAsync<UserProfile>("user_profile:123");
await cache.RemoveAsync("user_profile:123");

await host.StopAsync();
Console.WriteLine($"package-test: stored 'hello' and read '{greeting}' through {cache.GetType().Name}");
return greeting == "hello" && found && cached == profile ? 0 : 1;

internal sealed record UserProfile(string Name);
