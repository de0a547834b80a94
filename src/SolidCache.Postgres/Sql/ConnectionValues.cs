using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// What a connection string holds beside passwords, and servers repeat in their messages. Where a semicolon is missing, or another sign stands in its place, the password is a part of
/// another value.
/// </summary>
internal static partial class ConnectionValues
{
    private const string NotTold = "(what it says is not shown: it repeats a value of the connection string that may hold more than itself; the parts of one are parted by semicolons)";

    /// <summary>Also misspelt or shortened, and behind a word: <c>SslPassword</c>, or <c>mePassword</c>.</summary>
    private const string Password = "(passw[a-z]*|passphrase|pwd|psw|(?<![a-z])pass)";

    private static readonly char[] Quotes = ['"', '\'', '»', '«', '„', '“', '”', '‘', '’', '「', '」'];

    /// <returns>The keyword of a value that visibly holds another part as well; null where there is none.</returns>
    public static string? Overfull(NpgsqlConnectionStringBuilder settings) => settings.Keys.FirstOrDefault(keyword => keyword switch
    {
        "Password" or "SSL Password" => false,
        "Host" when !AreHosts(settings.Host) => true,
        _ => Convert.ToString(settings[keyword], CultureInfo.InvariantCulture) is { } value
            && (AssignedPassword().IsMatch(value) || (keyword is "Username" or "Database" && (Login().IsMatch(value) || Assigned().IsMatch(value)))),
    });

    /// <summary>Whether no port is one that there cannot be, which Npgsql notices when it connects; that of a path is a part of the socket's name.</summary>
    public static bool ArePorts(NpgsqlConnectionStringBuilder settings) =>
        settings.Port <= ushort.MaxValue
        && (settings.Host ?? "").Split(',', StringSplitOptions.TrimEntries).All(static host =>
            Path.IsPathRooted(host) || (host.LastIndexOf(':') is var colon && (colon < 0 || !int.TryParse(host.AsSpan(colon + 1), out var port) || port <= ushort.MaxValue)));

    /// <summary>
    /// Whether they can be names, addresses or paths, and may be told. One that was written as libpq wants it, with spaces between its parts, or on several lines, is a single name to
    /// Npgsql, with the password in it; so is a URI, or what stands in one before the path. An abstract socket has its '@' in front.
    /// </summary>
    public static bool AreHosts(string? hosts) =>
        hosts is null || hosts.Split(',', StringSplitOptions.TrimEntries).All(static host =>
            host.AsSpan().IndexOfAny('=', '"') < 0 && !NearPassword().IsMatch(host) && !host.Contains("//", StringComparison.Ordinal)
            && (Path.IsPathRooted(host) ? !Login().IsMatch(host) : IPAddress.TryParse(host, out _) || NameAndPort().IsMatch(host)));

    /// <summary>
    /// What a server says, unless it may repeat such a value: a data source of the application's cannot be refused for one, and of a name with a semicolon or a colon nobody knows
    /// whether it was meant.
    /// </summary>
    public static string Told(string sqlState, string message) =>
        NearPassword().IsMatch(message) || (NamesUserOrDatabase(sqlState) && NamesIn(message).Any(MayBeMore)) ? NotTold : message;

    private static bool NamesUserOrDatabase(string sqlState) =>
        sqlState.StartsWith("28", StringComparison.Ordinal)
        || sqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.ProtocolViolation;

    /// <summary>What stands between quotes, of whatever language; and words, which poolers do not put between any.</summary>
    private static IEnumerable<string> NamesIn(string message) =>
        message.Split(Quotes) is { Length: > 2 } parts ? parts[1..^1].Concat(message.Split([' ', ','])) : message.Split([' ', ',']);

    private static bool MayBeMore(string name) =>
        name.TrimEnd(':').AsSpan().IndexOfAny(':', ';') >= 0 && !IPAddress.TryParse(name.Trim(Quotes), out _);

    [GeneratedRegex(Password + @"\s*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AssignedPassword();

    [GeneratedRegex(Password + @"[^\w\s]?\s*([=＝：>]|:(?!\d{1,5}$))", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NearPassword();

    /// <summary>Another part of a connection string, behind any other sign than a semicolon; or the word, and what follows it.</summary>
    [GeneratedRegex(@"\W\w+\W*[=＝]|(\s" + Password + "|" + Password + @"(?![-.:@]\w))\W+\S", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Assigned();

    [GeneratedRegex(@"^(\[[^]]*]|@?[^\s:@]*)(:[0-9]*)?$")]
    private static partial Regex NameAndPort();

    /// <summary>A URI, or user and password before a host, as in one.</summary>
    [GeneratedRegex(@"://|:\S*@")]
    private static partial Regex Login();
}
