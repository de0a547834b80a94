using Npgsql;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>Calls that travel together do not suffer for one another.</summary>
public sealed class IsolationContract(Calling calling) : CacheContract(calling)
{
    [OneTimeSetUp]
    public Task RefuseSomeKeysAsync() => Database.ExecuteAsync(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF starts_with(NEW.key, 'refused:') THEN
            RAISE EXCEPTION 'not this one' USING ERRCODE = split_part(NEW.key, ':', 2);
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION refuse();
        """);

    [TestCase("21000")]
    [TestCase("22001")]
    [TestCase("23514")]
    [TestCase("54000")]
    [TestCase("40001")]
    public async Task An_entry_that_the_server_refuses_fails_alone(string state)
    {
        var prefix = NewKey();
        var calls = Enumerable.Range(0, 60)
            .Select(number => number % 20 == 7 ? $"refused:{state}:{prefix}:{number}" : $"{prefix}:{number}")
            .Select(async key =>
            {
                try
                {
                    await Cache.SetAsync(key, [1], Forever);
                    return (Key: key, State: null);
                }
                catch (PostgresException error)
                {
                    return (Key: key, State: (string?)error.SqlState);
                }
            }).ToArray();
        var removed = Cache.RemoveAsync($"{prefix}:another");

        var outcomes = await Task.WhenAll(calls);
        await removed;

        Assert.That(outcomes.Select(outcome => outcome.State), Is.EqualTo(outcomes.Select(outcome => outcome.Key.StartsWith('r') ? state : null)));
        foreach (var (key, failed) in outcomes)
        {
            Assert.That(await Cache.GetAsync(key), failed is null ? Is.EqualTo(new byte[] { 1 }) : Is.Null, key);
        }
    }

    [Test]
    public async Task A_row_that_somebody_else_has_locked_does_not_hold_up_the_calls_after_it()
    {
        var (locked, prefix) = (NewKey(), NewKey());
        await Cache.SetAsync(locked, [1], Forever);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"SELECT 1 FROM solid_cache_entries WHERE key = '{locked}' FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();

        var stuck = Cache.SetAsync(locked, [2], Forever);
        for (var number = 0; number < 10; number++)
        {
            await Cache.SetAsync($"{prefix}:{number}", [1], Forever).WaitAsync(TimeSpan.FromSeconds(4));
            Assert.That(await Cache.GetAsync($"{prefix}:{number}"), Is.Not.Null);
        }

        Assert.That(stuck.IsCompleted, Is.False, "It should have outlasted all of them.");
        await transaction.RollbackAsync();
        await stuck;
        Assert.That(await Cache.GetAsync(locked), Is.EqualTo(new byte[] { 2 }));
    }
}
