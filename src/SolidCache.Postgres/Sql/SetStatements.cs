namespace SolidCache.Postgres.Sql;

/// <summary>The statements that store entries, whatever is there.</summary>
internal sealed class SetStatements
{
    // The rows come in the order of their keys, and unnest in the select list hands them on one by one; in FROM it would store all of them four times.
    private const string Columns =
        "SELECT pg_catalog.unnest($1) AS key, pg_catalog.unnest($2) AS absolute, pg_catalog.unnest($3) AS sliding, pg_catalog.unnest($4) AS value";
    private const string Extras = "pg_catalog.unnest($9) AS stale_for, pg_catalog.unnest($10) AS tags, pg_catalog.unnest($11) AS is_compressed";

    private readonly string _entries;
    private readonly string _stretch;

    /// <param name="names">Of the cache.</param>
    /// <param name="stretch">How much longer than its window a sliding entry may live, as SQL.</param>
    public SetStatements(SqlNames names, string stretch)
    {
        (_entries, _stretch) = (names.Entries, stretch);
        One = Write("set", "$1", "$2", "$3", "$4", from: "", hasExtras: false);
        Many = Write("set_many", "row.key", "row.absolute", "row.sliding", "row.value", $"FROM ({Columns}) AS row", hasExtras: false);
        Special = Write("set_special", "row.key", "row.absolute", "row.sliding", "row.value", $"FROM ({Columns}, {Extras}) AS row", hasExtras: true);
        // It tells the keys that it left out. What somebody else has inserted and not committed cannot be seen: that ends with a lock time-out, which is
        // short here, and the rows are tried in halves.
        Free =
            $"""
            /* solid_cache:set_free */
            WITH free AS MATERIALIZED (
              SELECT key FROM ONLY {_entries} WHERE key = ANY ({EntryConditions.AskedKeys}) ORDER BY key FOR UPDATE SKIP LOCKED
            ), locked AS MATERIALIZED (
              SELECT key FROM ONLY {_entries} WHERE key = ANY ({EntryConditions.AskedKeys}) AND key NOT IN (SELECT key FROM free)
            ), written AS (
              {Insert("row.key", "row.absolute", "row.sliding", "row.value", hasExtras: true)}
              FROM ({Columns}, {Extras}) AS row
              WHERE row.key NOT IN (SELECT key FROM locked)
                AND {WriteConditions.Durability("$6")}
                AND {WriteConditions.WaitsForLocks("$7")}
              {Overwrite(hasExtras: true)}
            )
            SELECT key FROM locked
            """;
    }

    /// <summary>Gets the statement for one row, which costs a seventh less without arrays.</summary>
    public string One { get; }

    public string Many { get; }

    /// <summary>Gets the statement for rows of which some have tags, may be served for a while after their end, or are compressed.</summary>
    public string Special { get; }

    /// <summary>Gets the statement that leaves out rows which others have locked.</summary>
    public string Free { get; }

    /// <summary>When an entry expires that is stored now.</summary>
    /// <param name="absolute">The SQL of its absolute expiration in microseconds; zero for none, since a nullable number costs the client an object each.</param>
    /// <param name="sliding">The same of its sliding one.</param>
    /// <param name="stretch">How much longer than its window a sliding entry may live, as SQL.</param>
    public static string ExpiresAt(string absolute, string sliding, string stretch) =>
        $"""
        least(
            {AbsoluteEnd(absolute)},
            now() + nullif({sliding}, 0)::float8 * {stretch} * interval '1 microsecond',
            'infinity')
        """;

    /// <summary>
    /// An absolute expiration counts from the latest moment at which the statement would usually have arrived: what it waited beyond that is part of the life.
    /// </summary>
    public static string AbsoluteEnd(string absolute) =>
        $"least(now(), 'epoch'::timestamptz + $8::float8 * interval '1 microsecond') + nullif({absolute}, 0)::float8 * interval '1 microsecond'";

    private string Write(string name, string key, string absolute, string sliding, string value, string from, bool hasExtras) =>
        $"""
        /* solid_cache:{name} */
        {Insert(key, absolute, sliding, value, hasExtras)}
        {from}
        WHERE {WriteConditions.Durability("$6")}
          AND {WriteConditions.WaitsForLocks("$7")}
        {Overwrite(hasExtras)}
        """;

    private string Insert(string key, string absolute, string sliding, string value, bool hasExtras) =>
        $"""
        INSERT INTO {_entries} AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value{(hasExtras ? ", compressed, stale_for, tags, made_after" : "")})
        SELECT
          {ExpiresAt(absolute, sliding, _stretch)},
          now(),
          nullif({sliding}, 0),
          {AbsoluteEnd(absolute)},
          {key},
          {(hasExtras ? $"CASE WHEN NOT row.is_compressed THEN {value} END" : value)}{(hasExtras ? ExtraValues : "")}
        """;

    private const string ExtraValues =
        """
        ,
          CASE WHEN row.is_compressed THEN row.value END,
          nullif(row.stale_for, 0),
          nullif(row.tags, '')::text[],
          CASE WHEN row.tags <> '' THEN pg_catalog.pg_current_snapshot() END
        """;

    /// <summary>The deadline is looked at when a row is in place, be it inserted or overwritten: after every wait for somebody else's.</summary>
    private static string Overwrite(bool hasExtras) =>
        $"""
        ON CONFLICT (key) DO UPDATE SET
          expires_at = excluded.expires_at,
          created_at = excluded.created_at,
          sliding_expiration = excluded.sliding_expiration,
          absolute_expiration = excluded.absolute_expiration,
          value = excluded.value,
          compressed = {(hasExtras ? "excluded.compressed" : "NULL")},
          lease = NULL,
          lease_ends_at = NULL,
          stale_for = {(hasExtras ? "excluded.stale_for" : "NULL")},
          tags = {(hasExtras ? "excluded.tags" : "NULL")},
          made_after = {(hasExtras ? "excluded.made_after" : "NULL")}
        RETURNING {LateWrite.Check("$5")}
        """;
}
