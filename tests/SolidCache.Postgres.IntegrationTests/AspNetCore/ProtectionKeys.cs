using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.AspNetCore;

/// <summary>What docs/aspnetcore.md has for Data Protection's keys instead of a cache: a table, in the same database.</summary>
public sealed class ProtectionKeys
{
    [Test]
    public async Task What_one_node_protected_another_reads_though_the_cache_was_emptied()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var one = await StartNodeAsync(database);
        await using (var scope = one.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<KeyContext>().GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        }

        var secret = await one.GetAsync("/protect/hello");
        await database.ExecuteAsync("TRUNCATE solid_cache_entries");
        await using var other = await StartNodeAsync(database);

        Assert.That(await other.GetAsync($"/unprotect/{secret}"), Is.EqualTo("hello"));
        Assert.That(await database.ScalarAsync<long>("""SELECT count(*) FROM "DataProtectionKeys" """), Is.EqualTo(1));
    }

    private static Task<WebNode> StartNodeAsync(TestDatabase database) => WebNode.StartAsync(
        builder =>
        {
            builder.Services.AddPostgresSolidCache(options => options.ConnectionString = database.ConnectionString);
            builder.Services.AddDbContext<KeyContext>(options => options.UseNpgsql(database.ConnectionString));
            builder.Services.AddDataProtection().SetApplicationName("shop").PersistKeysToDbContext<KeyContext>();
        },
        application =>
        {
            application.MapGet("/protect/{text}", (string text, IDataProtectionProvider provider) => provider.CreateProtector("test").Protect(text));
            application.MapGet("/unprotect/{text}", (string text, IDataProtectionProvider provider) => provider.CreateProtector("test").Unprotect(text));
        });

    private sealed class KeyContext(DbContextOptions<KeyContext> options) : DbContext(options), IDataProtectionKeyContext
    {
        public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();
    }
}
