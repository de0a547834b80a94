using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// What a connection string holds beside passwords, and servers repeat in their messages. Where a semicolon is missing, or another sign stands in its place, the password is a part of
/// another value.
/// </summary>
internal static partial class ConnectionValues
{
    private const string NotTold = "(what it says is not shown: it repeats a value of the connection string that holds more than itself; the parts of one are parted by semicolons)";

    /// <returns>The keyword of a value that visibly holds another part as well; null where there is none.</returns>
    public static string? Overfull(NpgsqlConnectionStringBuilder settings) => settings.Keys.FirstOrDefault(keyword => keyword switch
    {
        "Password" or "SSL Password" => false,
        "Host" when !AreHosts(settings.Host) => true,
        _ => Convert.ToString(settings[keyword], CultureInfo.InvariantCulture) is { } value && (HoldsPassword(value) || (keyword is "Username" or "Database" && value.Contains(';'))),
    });

    /// <summary>
    /// Whether they can be names, addresses or paths, and may be told. One that was written as libpq wants it, with spaces between its parts, or on several lines, is a single name to
    /// Npgsql, with the password in it.
    /// </summary>
    public static bool AreHosts(string? hosts) =>
        hosts is null || hosts.Split(',', StringSplitOptions.TrimEntries).All(static host => !host.Contains('=') && !host.Contains('"') && (Path.IsPathRooted(host) || !host.Any(char.IsWhiteSpace)));

    /// <summary>What a server says, unless it repeats such a value: a data source of the application's cannot be refused for one.</summary>
    public static string Told(string sqlState, string message) =>
        HoldsPassword(message) || (IsOfLogin(sqlState) && message.Contains(';')) ? NotTold : message;

    private static bool HoldsPassword(string text) => Password().IsMatch(text);

    /// <summary>Whether the message names user or database, neither of which has a semicolon.</summary>
    private static bool IsOfLogin(string sqlState) => sqlState.StartsWith("28", StringComparison.Ordinal) || sqlState == PostgresErrorCodes.InvalidCatalogName;

    /// <summary>Also misspelt, and behind a word: <c>SslPassword</c>, or <c>mePassword</c>.</summary>
    [GeneratedRegex(@"(passw[a-z]*|passphrase|pwd|psw)\s*[=:]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Password();
}
