using Npgsql;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>A write that got its row after its deadline leaves it as it is, by whichever plan the server looked for it.</summary>
public sealed class LateWriteContract
{
    private static readonly SqlNames Names = new(new TableName(TableName.DefaultSchema, TableName.DefaultTable));
    private static readonly EntryStatements Statements = new(Names, 0.1, 1_000);

    [Test]
    public async Task What_waited_for_a_row_past_its_deadline_is_refused([Values("set", "set of many", "remove", "remove several")] string write, [Values(1, 20_000)] int rows, [Values("auto", "force_generic_plan")] string plans)
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await database.ExecuteAsync(
            $"""
            INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', 'row:' || number, 'before' FROM generate_series(1, {rows}) AS number;
            ANALYZE solid_cache_entries;
            """);
        await using var connection = await database.Source.OpenConnectionAsync();
        await using (var setting = new NpgsqlCommand($"SET plan_cache_mode = {plans}", connection))
        {
            await setting.ExecuteNonQueryAsync();
        }

        await using var other = await database.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var holding = new NpgsqlCommand("SELECT FROM solid_cache_entries WHERE key = 'row:1' FOR UPDATE", other, transaction))
        {
            await holding.ExecuteNonQueryAsync();
        }

        var now = await database.ScalarAsync<long>("SELECT (extract(epoch FROM clock_timestamp()) * 1000000.0)::bigint");
        await using var late = Command(write, now + 300_000);
        late.Connection = connection;
        await late.PrepareAsync();
        var waiting = late.ExecuteNonQueryAsync();
        await Eventually.TrueAsync(
            () => database.ScalarAsync<bool>(
                $"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {connection.ProcessID} AND wait_event_type = 'Lock') AND clock_timestamp() > 'epoch'::timestamptz + {now + 300_000} * interval '1 microsecond'"),
            "the write waits past its deadline");
        await transaction.RollbackAsync();

        var error = await Assert.ThrowsAsync<PostgresException>(() => waiting);
        Assert.That(LateWrite.IsReportedBy(error!), Is.True, error!.Message);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE value = 'before'"), Is.EqualTo(rows));
    }

    private static NpgsqlCommand Command(string write, long deadline)
    {
        const string Patience = "60000";
        NpgsqlParameter[] conditions = [Parameter.BigInt(deadline), Parameter.Bool(true), Parameter.Text(Patience), Parameter.BigInt(deadline)];
        var (sql, parameters) = write switch
        {
            "set" => (Statements.Sets.One, (NpgsqlParameter[])[Parameter.Text("row:1"), Parameter.BigInt(), Parameter.BigInt(), Parameter.Bytes("late"u8.ToArray()), .. conditions]),
            "set of many" => (Statements.Sets.Many, [Parameter.Texts(["new", "row:1"]), Parameter.BigInts([0, 0]), Parameter.BigInts([0, 0]), Parameter.BytesOfMany(["late"u8.ToArray(), "late"u8.ToArray()]), .. conditions]),
            "remove" => (Statements.Remove, [Parameter.Texts(["row:1"]), Parameter.BigInt(deadline), Parameter.Text(Patience)]),
            _ => (Statements.Remove, [Parameter.Texts(["none", "row:1", "row:2"]), Parameter.BigInt(deadline), Parameter.Text(Patience)]),
        };
        var command = new NpgsqlCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }
}
