using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;
using SolidCache.Postgres.EntityFrameworkCore;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>A shop's tables beside a cache, contexts that keep the two in step, and the statements that these sent.</summary>
public abstract class ShopFixture(bool isAsync)
{
    private readonly List<string> _cached = [];
    private readonly FakeLogCollector _statements = new();
    private CacheHost _host = null!;

    protected static Action<SolidCacheInvalidationBuilder> UserProfiles { get; } = cache => cache.On<User>(user => $"user_profile:{user.Id}");

    protected TestDatabase Database { get; private set; } = null!;

    protected NpgsqlDataSource Source { get; private set; } = null!;

    protected IServiceProvider Services => _host.Services;

    protected ISolidCache Cache => _host.Cache;

    /// <summary>The statements of contexts since the test began.</summary>
    protected IReadOnlyList<string> Statements => [.. _statements.GetSnapshot().Where(record => record.Message.StartsWith("Command execution completed", StringComparison.Ordinal)).Select(record => record.Message)];

    protected int RemovingStatements => Statements.Count(statement => statement.Contains("solid_cache:remove_in_transaction", StringComparison.Ordinal));

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Database = await TestDatabase.CreateAsync();
        var builder = new NpgsqlDataSourceBuilder(Database.ConnectionString);
        builder.UseLoggerFactory(LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(_statements))));
        Source = builder.Build();
        _host = await CacheHost.StartAsync(Database.ConnectionString);
        await using var context = NewContext(UserProfiles);
        await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _host.DisposeAsync();
        await Source.DisposeAsync();
        await Database.DisposeAsync();
    }

    [SetUp]
    public void Forget()
    {
        _cached.Clear();
        _statements.Clear();
    }

    internal ShopContext NewContext(
        Action<SolidCacheInvalidationBuilder> rules, Action<NpgsqlDbContextOptionsBuilder>? npgsql = null, params IInterceptor[] others) =>
        new(new DbContextOptionsBuilder<ShopContext>()
            .UseNpgsql(Source, npgsql)
            .UseApplicationServiceProvider(Services)
            .UseSolidCacheInvalidation(rules)
            .AddInterceptors(others)
            .Options);

    internal async Task SaveAsync(DbContext context, CancellationToken token = default)
    {
        if (isAsync)
        {
            await context.SaveChangesAsync(token);
        }
        else
        {
            context.SaveChanges();
        }
    }

    internal async Task CommitAsync(IDbContextTransaction transaction)
    {
        if (isAsync)
        {
            await transaction.CommitAsync();
        }
        else
        {
            transaction.Commit();
        }
    }

    /// <summary>A user that is stored, and tracked.</summary>
    internal async Task<User> StoredUserAsync(ShopContext context, Action<User>? with = null)
    {
        var user = new User();
        with?.Invoke(user);
        context.Users.Add(user);
        await SaveAsync(context);
        _statements.Clear();
        return user;
    }

    protected async Task CacheAsync(params string[] keys)
    {
        foreach (var key in keys)
        {
            await Cache.SetAsync(key, [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) });
            _cached.Add(key);
        }
    }

    protected async Task CacheTaggedAsync(string key, string tag)
    {
        await Cache.SetAsync(key, [1], new SolidCacheEntryOptions { Tags = [tag] });
        _cached.Add(key);
    }

    /// <summary>What was cached by the test and is not there any more.</summary>
    protected async Task<IReadOnlyList<string>> RemovedAsync()
    {
        var removed = new List<string>();
        foreach (var key in _cached)
        {
            if (!await Cache.ExistsAsync(key))
            {
                removed.Add(key);
            }
        }

        return removed;
    }
}
