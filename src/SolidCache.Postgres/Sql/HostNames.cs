namespace SolidCache.Postgres.Sql;

/// <summary>The hosts of a connection string.</summary>
internal static class HostNames
{
    /// <summary>
    /// Whether they can be names, addresses or paths, and may be told. One that was written as libpq wants it, with spaces between its parts, or on several lines, is a single name to
    /// Npgsql, with the password in it.
    /// </summary>
    public static bool AreNames(string? hosts) =>
        hosts is null || hosts.Split(',', StringSplitOptions.TrimEntries).All(static host => !host.Contains('=') && !host.Contains('"') && (Path.IsPathRooted(host) || !host.Any(char.IsWhiteSpace)));
}
