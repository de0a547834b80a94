// What a new user of the package writes first; eng/package-test.sh compiles it against the packed library.
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddPostgresSolidCache(options =>
    options.ConnectionString = builder.Configuration.GetConnectionString("Postgres")!);

using var host = builder.Build();
await host.StartAsync();

var cache = host.Services.GetRequiredService<IDistributedCache>();
await cache.SetStringAsync("greeting", "hello");
var greeting = await cache.GetStringAsync("greeting");

await host.StopAsync();
Console.WriteLine($"package-test: stored 'hello' and read '{greeting}' through {cache.GetType().Name}");
return greeting == "hello" ? 0 : 1;
