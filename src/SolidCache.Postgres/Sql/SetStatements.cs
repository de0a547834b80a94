namespace SolidCache.Postgres.Sql;

/// <summary>The statements that store entries.</summary>
internal static class SetStatements
{
    // The rows come in the order of their keys, and unnest in the select list hands them on one by one; in FROM it would store all of them four times.
    private const string Columns = "SELECT unnest($1) AS key, unnest($2) AS absolute, unnest($3) AS sliding, unnest($4) AS value";

    /// <summary>The deadline is looked at when a row is in place, be it inserted or overwritten: after every wait for somebody else's.</summary>
    private static readonly string Overwrite =
        $"""
        ON CONFLICT (key) DO UPDATE SET
          expires_at = excluded.expires_at,
          created_at = excluded.created_at,
          sliding_expiration = excluded.sliding_expiration,
          absolute_expiration = excluded.absolute_expiration,
          value = excluded.value
        RETURNING {LateWrite.Check("$5")}
        """;

    /// <returns>The statement for one row, which costs a seventh less without arrays; the one for many; and the one that leaves out rows which others have locked.</returns>
    public static (string One, string Many, string Free) Of(string entries, string stretch)
    {
        return (
            Write("set", "$1", "$2", "$3", "$4", from: ""),
            Write("set_many", "row.key", "row.absolute", "row.sliding", "row.value", $"FROM ({Columns}) AS row"),
            Free());

        string Write(string name, string key, string absolute, string sliding, string value, string from) =>
            $"""
            /* solid_cache:{name} */
            {Insert(key, absolute, sliding, value)}
            {from}
            WHERE {WriteConditions.Durability("$6")}
              AND {WriteConditions.WaitsForLocks("$7")}
            {Overwrite}
            """;

        // Zero stands for no expiration: a nullable number costs the client an object each.
        string Insert(string key, string absolute, string sliding, string value)
        {
            // An absolute expiration counts from the latest moment at which the statement would usually have arrived: what it waited beyond that is part of the life.
            var absoluteEnd =
                $"least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif({absolute}, 0)::float8 * interval '1 microsecond'";
            return
                $"""
                INSERT INTO {entries} AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value)
                SELECT
                  least(
                    {absoluteEnd},
                    now() + nullif({sliding}, 0)::float8 * {stretch} * interval '1 microsecond',
                    'infinity'),
                  now(),
                  nullif({sliding}, 0),
                  {absoluteEnd},
                  {key},
                  {value}
                """;
        }

        // It tells the keys that it left out. What somebody else has inserted and not committed cannot be seen: that ends with a lock time-out, which is
        // short here, and the rows are tried in halves.
        string Free() =>
            $"""
            /* solid_cache:set_free */
            WITH free AS MATERIALIZED (
              SELECT key FROM {entries} WHERE key = ANY ($1) ORDER BY key FOR UPDATE SKIP LOCKED
            ), locked AS MATERIALIZED (
              SELECT key FROM {entries} WHERE key = ANY ($1) AND key NOT IN (SELECT key FROM free)
            ), written AS (
              {Insert("row.key", "row.absolute", "row.sliding", "row.value")}
              FROM ({Columns}) AS row
              WHERE row.key NOT IN (SELECT key FROM locked)
                AND {WriteConditions.Durability("$6")}
                AND {WriteConditions.WaitsForLocks("$7")}
              {Overwrite}
            )
            SELECT key FROM locked
            """;
    }
}
