using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>
/// What a neighbour who may create in <c>public</c> can put there: functions, aggregates, operators and types under the names of all that PostgreSQL has, as
/// <see cref="ShadowSignatures"/> has them. Whichever is called rings an alarm that no rollback takes back, and raises an error.
/// </summary>
internal sealed class Shadows(TestDatabase database, IReadOnlyList<string> statements)
{
    public int Count => statements.Count;

    public static async Task<Shadows> CreateAsync(TestDatabase database, string neighbour)
    {
        var statements = (await ShadowSignatures.ReadAsync(database)).SelectMany(static (signature, number) => signature.Statements(number)).ToList();
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"""
            CREATE SCHEMA alarms;
            GRANT USAGE, CREATE ON SCHEMA alarms TO PUBLIC;
            CREATE SEQUENCE alarms.last;
            GRANT ALL ON SEQUENCE alarms.last TO PUBLIC;
            CREATE FUNCTION alarms.ring(shadow integer) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
            BEGIN
              PERFORM setval('alarms.last', shadow + 1);
              RAISE EXCEPTION 'shadow number %', shadow;
            END $$;
            SET ROLE {neighbour};
            SET check_function_bodies = off;
            CREATE FUNCTION pg_temp.make(statements text[]) RETURNS void LANGUAGE plpgsql AS $$
            DECLARE
              statement text;
            BEGIN
              FOREACH statement IN ARRAY statements LOOP
                EXECUTE statement;
              END LOOP;
            END $$
            """;
        await command.ExecuteNonQueryAsync();
        command.CommandText = "SELECT pg_temp.make($1)";
        command.CommandTimeout = 120;
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. statements] });
        await command.ExecuteNonQueryAsync();
        return new(database, statements);
    }

    /// <summary>The last shadow that was called; null if none was.</summary>
    public async Task<string?> CalledAsync()
    {
        var number = await database.ScalarAsync<long>("SELECT CASE WHEN is_called THEN last_value - 1 ELSE -1 END FROM alarms.last");
        return number < 0 ? null : statements.First(statement => statement.Contains($"alarms.ring({number})", StringComparison.Ordinal));
    }

    public Task ForgetAsync() => database.ExecuteAsync("SELECT pg_catalog.setval('alarms.last', 1, false)");
}
