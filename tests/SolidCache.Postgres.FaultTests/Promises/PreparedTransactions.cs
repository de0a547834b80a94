using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Who holds up a migration with a transaction that has no session any more.</summary>
public sealed class PreparedTransactions() : OneServer("max_prepared_transactions=10")
{
    [TestCase("CREATE TABLE solid_cache_state ()")]
    [TestCase("SELECT pg_advisory_xact_lock(hashtextextended('solid_cache:\"public\"', 0))")]
    public async Task One_that_holds_up_the_first_start_is_named(string begun)
    {
        await Server.ExecuteAsync(
            "DROP TABLE solid_cache_entries, solid_cache_state, solid_cache_tag_removals, solid_cache_invalidations CASCADE;");
        await Server.ExecuteAsync($"BEGIN; {begun}; PREPARE TRANSACTION 'it''s hidden'");
        try
        {
            var node = await StartNodeAsync();
            await Eventually.TrueAsync(
                () => node.Logs.GetSnapshot().Any(static record => record.Message.Contains("the prepared transaction 'it''s hidden' (role postgres, who ends it by ROLLBACK PREPARED", StringComparison.Ordinal)),
                "it is told what holds it up");
        }
        finally
        {
            await Server.ExecuteAsync("ROLLBACK PREPARED 'it''s hidden'");
        }

        await Eventually.TrueAsync(() => Server.ScalarAsync<bool>("SELECT to_regclass('solid_cache_invalidations') IS NOT NULL"), "the schema is made once the name is free");
    }
}
