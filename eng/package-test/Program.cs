// What a new user of the package writes first; eng/package-test.sh compiles it against the packed library.
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddPostgresSolidCache(options =>
    options.ConnectionString = builder.Configuration.GetConnectionString("Postgres")!);
builder.Services.AddDbContext<Shop>(options => options
    .UseNpgsql(builder.Configuration.GetConnectionString("Postgres"))
    .UseSolidCacheInvalidation(invalidation => invalidation.On<Product>(product => $"product:{product.Id}")));

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

// SaveChanges removes what was cached of the row.
using var scope = host.Services.CreateScope();
var shop = scope.ServiceProvider.GetRequiredService<Shop>();
await shop.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
await cache.SetStringAsync("product:1", "none");
shop.Add(new Product { Id = 1 });
await shop.SaveChangesAsync();
var outdated = await cache.GetStringAsync("product:1");

await host.StopAsync();
Console.WriteLine($"package-test: stored 'hello' and read '{greeting}' through {cache.GetType().Name}");
return greeting == "hello" && found && cached == profile && outdated is null ? 0 : 1;

internal sealed record UserProfile(string Name);

internal sealed class Product
{
    public long Id { get; set; }
}

internal sealed class Shop(DbContextOptions<Shop> options) : DbContext(options)
{
    public DbSet<Product> Products => Set<Product>();
}
