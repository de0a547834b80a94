using Npgsql;

namespace SolidCache.Postgres.Tool.Connecting;

/// <summary>The key prefixes that the table holds keys of, for a hint to somebody who gave none.</summary>
internal static class KeyPrefixes
{
    // From prefix to prefix along the primary key, '_' being the character after '^'. Keys without a prefix are walked one by one, so that their number is limited.
    private const string Walk =
        """
        /* solid_cache:tool_prefixes */
        WITH RECURSIVE walk(step, key) AS (
          (SELECT 1, key FROM {0} ORDER BY key LIMIT 1)
          UNION ALL
          SELECT step + 1, (
            SELECT entry.key
            FROM {0} AS entry
            WHERE entry.key > CASE WHEN strpos(walk.key, '^') > 1 THEN split_part(walk.key, '^', 1) || '_' ELSE walk.key END
            ORDER BY entry.key
            LIMIT 1
          )
          FROM walk
          WHERE walk.key IS NOT NULL AND step < 2000
        )
        SELECT DISTINCT split_part(key, '^', 1) FROM walk WHERE strpos(key, '^') > 1 ORDER BY 1 LIMIT 10
        """;

    /// <returns>A sentence, or null when there is nothing to say.</returns>
    public static async Task<string?> HintAsync(ConnectionTarget target, CancellationToken cancellationToken)
    {
        if (target.KeyPrefix is not null)
        {
            return null;
        }

        try
        {
            var walk = Walk.Replace("{0}", $"{Quoted(target.Schema)}.{Quoted(target.Table)}", StringComparison.Ordinal);
            var prefixes = await target.QueryAsync(static rows => rows.GetString(0), walk, [], cancellationToken);
            return prefixes.Count == 0 ? null : $"The table holds keys of the prefixes {string.Join(", ", prefixes)}: name one with --key-prefix.";
        }
        catch (NpgsqlException)
        {
            // The command has its answer; a hint is no reason to fail it.
            return null;
        }
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
