using System.Data.Common;
using System.Text.RegularExpressions;
using Npgsql;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>
/// Puts a <c>postgresql://</c> URI, which the tools of PostgreSQL and many hosting services write, into the form that Npgsql reads. Anything else stays as it is.
/// </summary>
internal static partial class ConnectionUri
{
    private const string IdleTime = "Tcp Keepalive Time";

    private const string IdleInterval = "Tcp Keepalive Interval";

    /// <summary>Not of Npgsql. Where it is 0, the times beside it do not count, and the cache's own do.</summary>
    private const string Keepalives = "keepalives";

    /// <summary>What libpq calls the parameters that Npgsql has under another name; empty where it has none, and the cache works as well without.</summary>
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = "Host",
        ["port"] = "Port",
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["fallback_application_name"] = "",
        ["options"] = "Options",
        ["ssl"] = "SSL Mode",
        ["sslmode"] = "SSL Mode",
        ["sslnegotiation"] = "SSL Negotiation",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["channel_binding"] = "Channel Binding",
        ["require_auth"] = "Require Auth",
        ["gssencmode"] = "GSS Encryption Mode",
        ["krbsrvname"] = "Kerberos Service Name",
        ["client_encoding"] = "Client Encoding",
        ["target_session_attrs"] = "Target Session Attributes",
        ["load_balance_hosts"] = "Load Balance Hosts",
        ["keepalives"] = Keepalives,
        ["keepalives_idle"] = IdleTime,
        ["keepalives_interval"] = IdleInterval,
        ["keepalives_count"] = "",
        ["tcp_user_timeout"] = "",
        ["sslcompression"] = "",
        ["sslsni"] = "",
    };

    /// <summary>What libpq has besides, and would not be done.</summary>
    private static readonly string[] NotOfNpgsql =
    [
        "hostaddr", "service", "servicefile", "requirepeer", "replication", "requiressl", "sslcrl", "sslcrldir", "sslcertmode", "sslkeylogfile", "ssl_min_protocol_version", "ssl_max_protocol_version",
        "min_protocol_version", "max_protocol_version", "gsslib", "gssdelegation", "scram_client_key", "scram_server_key", "oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope",
    ];

    /// <summary>What Npgsql asks several hosts for only. Of a single one the first write tells.</summary>
    private static readonly string[] AttributesOfOne = ["any", "read-write", "primary", "prefer-standby"];

    /// <summary>How a server may ask for a password or the like.</summary>
    private static readonly Dictionary<string, string> Methods = new()
    {
        ["password"] = "Password",
        ["md5"] = "MD5",
        ["gss"] = "GSS",
        ["sspi"] = "SSPI",
        ["scram-sha-256"] = "ScramSHA256",
        ["none"] = "None",
    };

    /// <exception cref="FlawedConnectionStringException">It begins like a URI and is none, or one of more than Npgsql can do.</exception>
    public static string Read(string connectionString)
    {
        var written = connectionString.Trim();
        if (!Beginning().IsMatch(written))
        {
            return connectionString;
        }

        // An '@' in the path ends a password that has a '/' in it: what stands before would be the name of a host, and the rest that of a database.
        var uri = Parts().Match(written);
        if (!uri.Success)
        {
            throw new FlawedConnectionStringException(
                "The URI cannot be read: '@', ':', '/', '?', '#' and '%' in a user name or password are written as %40 and so on, so is the '/' of a socket's path, and a port is a number.");
        }

        var settings = new DbConnectionStringBuilder();
        Set("Username", uri.Groups["user"].Value);
        Set("Password", uri.Groups["password"].Value);
        Set("Database", uri.Groups["database"].Value);
        var hosts = string.Join(',', uri.Groups["host"].Captures.Select(static host => host.Value.Trim('[', ']')));
        var ports = string.Join(',', uri.Groups["port"].Captures.Select(static port => port.Value.TrimStart(':')));
        foreach (var parameter in uri.Groups["parameters"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var end = parameter.IndexOf('=', StringComparison.Ordinal);
            if (end < 1)
            {
                throw new FlawedConnectionStringException("A parameter of the URI has no '='.");
            }

            var (keyword, value) = (Keyword(Uri.UnescapeDataString(parameter[..end])), parameter[(end + 1)..]);
            (hosts, ports) = (keyword == "Host" ? value : hosts, keyword == "Port" ? value : ports);
            if (keyword is not ("" or "Host" or "Port"))
            {
                Set(keyword, OfNpgsql(keyword, value));
            }
        }

        var (host, port) = Servers(Uri.UnescapeDataString(hosts).Split(','), Uri.UnescapeDataString(ports).Split(','));
        Set("Host", host);
        Set("Port", port);
        LeaveOut(settings, host.Split(','));
        return settings.ConnectionString;

        void Set(string keyword, string escaped)
        {
            // Who wrote a semicolon for '&', or for the ':' before a password, has what follows in a name.
            if (keyword is not ("Password" or "SSL Password") && escaped.Contains(';'))
            {
                throw new FlawedConnectionStringException("In a URI ';' parts nothing: parameters are parted by '&', and one in a name is written as %3B.");
            }

            if (escaped.Length > 0)
            {
                settings[keyword] = Uri.UnescapeDataString(escaped);
            }
        }
    }

    /// <summary>What libpq passes over, or does by itself, and Npgsql would refuse or do otherwise.</summary>
    private static void LeaveOut(DbConnectionStringBuilder settings, string[] hosts)
    {
        if (Array.TrueForAll(hosts, CacheDataSource.IsUnixSocket))
        {
            Remove("SSL Mode", "SSL Negotiation", "Root Certificate");
        }

        if (Array.Exists(hosts, CacheDataSource.IsUnixSocket) || Is(Keepalives, "0"))
        {
            Remove(IdleTime, IdleInterval);
        }

        Remove(Keepalives);
        if (hosts.Length == 1 && Array.Exists(AttributesOfOne, attribute => Is("Target Session Attributes", attribute)))
        {
            Remove("Target Session Attributes");
        }

        if (Is("Root Certificate", "system"))
        {
            Remove("Root Certificate");
            settings["SSL Mode"] = !settings.ContainsKey("SSL Mode") || Is("SSL Mode", "VerifyFull") ? "VerifyFull"
                : throw new FlawedConnectionStringException("The URI's sslrootcert=system goes with sslmode=verify-full only: everybody can have a certificate that the system's authorities have signed.");
        }

        bool Is(string keyword, string value) => settings.TryGetValue(keyword, out var given) && value.Equals(given as string, StringComparison.OrdinalIgnoreCase);

        void Remove(params ReadOnlySpan<string> keywords)
        {
            foreach (var keyword in keywords)
            {
                settings.Remove(keyword);
            }
        }
    }

    /// <summary>One port is that of all hosts; else each has its own.</summary>
    private static (string Host, string Port) Servers(string[] hosts, string[] ports) =>
        ports.Distinct().Count() == 1 ? (string.Join(',', hosts), ports[0])
        : ports.Length != hosts.Length ? throw new FlawedConnectionStringException($"The URI has {hosts.Length} hosts and {ports.Length} ports; there must be one port, or one for each host.")
        : (string.Join(',', hosts.Zip(ports, static (host, port) => (host.Contains(':') && !Path.IsPathRooted(host) ? $"[{host}]" : host) + (port.Length > 0 ? $":{port}" : ""))), "");

    /// <summary>A name that nobody knows is not told: it may be the rest of a password with '&amp;'.</summary>
    private static string Keyword(string name)
    {
        if (Names.TryGetValue(name, out var keyword))
        {
            return keyword;
        }

        if (NotOfNpgsql.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw new FlawedConnectionStringException($"Npgsql has nothing for the URI's parameter {name.ToLowerInvariant()}.");
        }

        var nearest = Spelling.Nearest(name, Names.Keys);
        return new NpgsqlConnectionStringBuilder().ContainsKey(name)
            ? name
            : throw new FlawedConnectionStringException(
                $"A parameter of the URI is none that is known{(Spelling.Distance(nearest, name) <= 2 ? $": is {nearest} misspelt in it?" : ".")} Known are {string.Join(", ", Names.Keys)}, and Npgsql's keywords.");
    }

    private static string OfNpgsql(string keyword, string value) => (keyword, value) switch
    {
        ("SSL Mode", "true") => "Require",
        // verify-full is VerifyFull to Npgsql; its names of servers keep their hyphens.
        ("SSL Mode", _) => value.Replace("-", "", StringComparison.Ordinal),
        ("Require Auth", _) => string.Join(',', Uri.UnescapeDataString(value).Split(',').Select(static method => Methods.GetValueOrDefault(method.TrimStart('!')) is { } name ? method.Replace(method.TrimStart('!'), name, StringComparison.Ordinal) : method)),
        // Without an end, to libpq.
        ("Timeout", ['-', ..]) => "0",
        ("Load Balance Hosts", "random") => "true",
        ("Load Balance Hosts", "disable") => "false",
        // The system's own time, to libpq.
        ("Tcp Keepalive Time" or "Tcp Keepalive Interval", "0") => "",
        _ => value,
    };

    [GeneratedRegex("^postgres(ql)?://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Beginning();

    [GeneratedRegex(
        """
        ^[a-z]+://((?<user>[^:@/?\#]*)(:(?<password>[^@/?\#]*))?@)?
        (?<host>\[[^]]*]|[^]:/?@,\#[]*)(?<port>(:[0-9]*)?)(,(?<host>\[[^]]*]|[^]:/?@,\#[]*)(?<port>(:[0-9]*)?))*
        (/(?<database>[^@?\#]*))?(\?(?<parameters>[^\#]*))?$
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Parts();
}
