using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.EntityFrameworkCore;

/// <summary>The promise from end to end: nobody reads what was cached before a change, once SaveChanges has returned.</summary>
public sealed class NeverStale() : ShopFixture(isAsync: true)
{
    private const int Users = 4;
    private const int Readers = 6;
    private const int SavesOfAUser = 100;

    [Test]
    public async Task A_reader_beside_writers_gets_no_value_that_is_older_than_an_acknowledged_save()
    {
        var ids = new long[Users];
        await using (var context = NewContext(UserProfiles))
        {
            for (var user = 0; user < Users; user++)
            {
                ids[user] = (await StoredUserAsync(context)).Id;
            }
        }

        await using var otherNode = await CacheHost.StartAsync(Database.ConnectionString);
        var acknowledged = new int[Users];
        using var written = new CancellationTokenSource();
        var readers = Enumerable.Range(0, Readers).Select(reader => ReadAsync(reader % 2 == 0 ? Cache : otherNode.Cache, new Random(reader))).ToList();

        await Task.WhenAll(Enumerable.Range(0, Users).Select(WriteAsync));
        await written.CancelAsync();
        var (reads, stale) = (await Task.WhenAll(readers)).Aggregate((one, other) => (one.Reads + other.Reads, one.Stale + other.Stale));

        TestContext.Out.WriteLine($"{reads} reads beside {Users * SavesOfAUser} saves");
        Assert.That(stale, Is.Zero);
        Assert.That(reads, Is.GreaterThan(300));

        async Task WriteAsync(int user)
        {
            for (var version = 1; version <= SavesOfAUser; version++)
            {
                await using var context = NewContext(UserProfiles);
                var stored = await context.Users.SingleAsync(other => other.Id == ids[user]);
                stored.Version = version;
                await using var transaction = version % 5 == 0 ? await context.Database.BeginTransactionAsync() : null;
                await context.SaveChangesAsync();
                await (transaction?.CommitAsync() ?? Task.CompletedTask);
                Volatile.Write(ref acknowledged[user], version);
            }
        }

        async Task<(int Reads, int Stale)> ReadAsync(ISolidCache cache, Random random)
        {
            var (reads, stale) = (0, 0);
            for (; !written.IsCancellationRequested; reads++)
            {
                var user = random.Next(Users);
                var atLeast = Volatile.Read(ref acknowledged[user]);
                var value = await cache.GetOrCreateAsync(
                    $"user_profile:{ids[user]}",
                    async token => BitConverter.GetBytes(await VersionAsync(ids[user], token)),
                    new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10), LeaseWait = TimeSpan.FromMilliseconds(20) });
                stale += BitConverter.ToInt32(value) < atLeast ? 1 : 0;
            }

            return (reads, stale);
        }
    }

    /// <summary>Read, and only then on its way to the cache for a while: the race.</summary>
    private async ValueTask<int> VersionAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = Database.Source.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"SELECT \"Version\" FROM users WHERE \"Id\" = {id}"));
        var version = (int)(await command.ExecuteScalarAsync(cancellationToken))!;
        await Task.Delay(1, cancellationToken);
        return version;
    }
}
