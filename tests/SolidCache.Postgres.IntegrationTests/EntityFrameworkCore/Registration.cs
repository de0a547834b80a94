using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>How a context finds its cache, as applications register both.</summary>
public sealed class Registration() : ShopFixture(isAsync: true)
{
    [Test]
    public async Task A_pooled_context_removes_in_each_of_its_lives()
    {
        await using var services = new ServiceCollection()
            .AddSingleton(Cache)
            .AddDbContextPool<ShopContext>(options => options.UseNpgsql(Source).UseSolidCacheInvalidation(UserProfiles), poolSize: 1)
            .BuildServiceProvider();
        User one;
        User other;
        await using (var scope = services.CreateAsyncScope())
        {
            var context = scope.ServiceProvider.GetRequiredService<ShopContext>();
            (one, other) = (await StoredUserAsync(context), await StoredUserAsync(context));
            await CacheAsync($"user_profile:{one.Id}", $"user_profile:{other.Id}");
            await context.Database.BeginTransactionAsync();
            one.Name = "Grace";
            await SaveAsync(context);
        }

        await using (var scope = services.CreateAsyncScope())
        {
            var context = scope.ServiceProvider.GetRequiredService<ShopContext>();
            (await context.Users.SingleAsync(user => user.Id == other.Id)).Name = "Grace";
            await SaveAsync(context);
        }

        Assert.That(await RemovedAsync(), Is.EqualTo((string[])[$"user_profile:{other.Id}"]));
    }

    [Test]
    public async Task Two_caches_remove_each_its_own()
    {
        await using var host = await CacheHost.StartAsync(Database.ConnectionString, options => options.TableName = "reports");
        await using var services = new ServiceCollection()
            .AddKeyedSingleton("reports", host.Cache)
            .AddDbContext<ShopContext>(options => options
                .UseNpgsql(Source)
                .UseSolidCacheInvalidation(cache => cache.UseCache(Cache).On<User>(user => $"user_profile:{user.Id}"))
                .UseSolidCacheInvalidation(cache => cache.UseKeyedCache("reports").On<User>(_ => "user_count")))
            .BuildServiceProvider();
        await using var scope = services.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<ShopContext>();
        var user = await StoredUserAsync(context);
        await CacheAsync($"user_profile:{user.Id}", "user_count");
        await host.Cache.SetAsync("user_count", [1], new());

        user.Name = "Grace";
        await SaveAsync(context);

        Assert.That(await RemovedAsync(), Is.EqualTo((string[])[$"user_profile:{user.Id}"]));
        Assert.That(await host.Cache.ExistsAsync("user_count"), Is.False);
    }

    [Test]
    public async Task A_context_without_a_cache_says_so_and_writes_nothing()
    {
        await using var context = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(Source).UseSolidCacheInvalidation(UserProfiles).Options);
        context.Users.Add(new() { Name = "Unsaved" });

        Assert.That(async () => await SaveAsync(context), Throws.InvalidOperationException.With.Message.Contains("no ISolidCache in the application's services"));
        Assert.That(await Database.ScalarAsync<long>("SELECT count(*) FROM users WHERE \"Name\" = 'Unsaved'"), Is.Zero);
    }

    [Test]
    public async Task A_cache_in_another_database_is_refused_and_nothing_is_written()
    {
        await using var elsewhere = await TestDatabase.CreateAsync();
        await using var host = await CacheHost.StartAsync(elsewhere.ConnectionString);
        await using var context = NewContext(cache => cache.UseCache(host.Cache).On<User>(user => $"user_profile:{user.Id}"));
        context.Users.Add(new() { Name = "Unsaved" });

        Assert.That(async () => await SaveAsync(context), Throws.ArgumentException.With.Message.Contains("of another database"));
        Assert.That(await Database.ScalarAsync<long>("SELECT count(*) FROM users WHERE \"Name\" = 'Unsaved'"), Is.Zero);
    }
}
