using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Leasing;

/// <summary>Leases whose backends are ended, at the commit of their statement or while the value is made.</summary>
public sealed class UndoneLeases
{
    [Test]
    public async Task A_factory_does_not_begin_before_its_lease_is_there([Values] bool hasTags)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var node = await CacheHost.StartAsync(database.ConnectionString);
        // The first statement is ended at its commit; the next takes its time, in which a factory would run that had begun with the first.
        await database.ExecuteAsync(
            """
            CREATE SEQUENCE commits;
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END';
            CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF nextval('public.commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(10); END IF;
              RETURN NULL;
            END $$;
            CREATE TRIGGER slow BEFORE INSERT ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION slow();
            CREATE CONSTRAINT TRIGGER undo AFTER INSERT ON solid_cache_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION undo();
            """);

        var leases = -1L;
        await node.Cache.GetOrCreateAsync(
            "key",
            async _ =>
            {
                leases = await database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key = 'key' AND lease IS NOT NULL");
                return [1];
            },
            new() { Tags = hasTags ? ["tag"] : null });

        Assert.That(leases, Is.EqualTo(1));
        Assert.That(await database.ScalarAsync<long>("SELECT last_value FROM commits"), Is.GreaterThan(1), "It was undone once.");
        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task A_value_is_stored_though_every_connection_broke_while_it_was_made()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var node = await CacheHost.StartAsync(database.ConnectionString);
        await node.Cache.SetAsync("other", [0], new());

        var made = await node.Cache.GetOrCreateAsync("key", async _ =>
        {
            await database.ExecuteAsync("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'");
            return [1];
        });

        Assert.That(made, Is.EqualTo(new byte[] { 1 }));
        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo(new byte[] { 1 }));
    }
}
