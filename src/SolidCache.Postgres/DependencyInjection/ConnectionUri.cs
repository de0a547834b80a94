namespace SolidCache.Postgres.DependencyInjection;

/// <summary>
/// Puts a <c>postgresql://</c> URI, which the tools of PostgreSQL and many hosting services write, into the form that Npgsql reads. Anything else stays as it is.
/// </summary>
internal static class ConnectionUri
{
    /// <summary>What libpq calls the parameters that Npgsql has under another name; all others are taken for Npgsql's.</summary>
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["channel_binding"] = "Channel Binding",
        ["client_encoding"] = "Client Encoding",
        ["target_session_attrs"] = "Target Session Attributes",
    };

    /// <exception cref="FlawedConnectionStringException">It begins like a URI and is none.</exception>
    public static string Read(string connectionString)
    {
        if (!connectionString.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase) && !connectionString.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase))
        {
            return connectionString;
        }

        // Behind the path's '/', an '@' ends a password that has a '/' in it: what stands before would be the name of a host, and the rest that of a database.
        if (!Uri.TryCreate(connectionString, UriKind.Absolute, out var uri) || uri.Fragment.Length > 0 || uri.AbsolutePath.Contains('@'))
        {
            throw new FlawedConnectionStringException("The URI cannot be read: it has one host, and '@', ':', '/', '#' and '%' in a user name or password are written as %40 and so on.");
        }

        var settings = new System.Data.Common.DbConnectionStringBuilder();
        Set("Host", uri.Host.Trim('[', ']'));
        Set("Port", uri.Port < 0 ? "" : uri.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var user = uri.UserInfo.Split(':', 2);
        Set("Username", user[0]);
        Set("Password", user.Length > 1 ? user[1] : "");
        Set("Database", uri.AbsolutePath.TrimStart('/'));
        foreach (var parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = parameter.Split('=', 2) is [var left, var right] ? (Uri.UnescapeDataString(left), right) : (Uri.UnescapeDataString(parameter), "");
            var keyword = Names.GetValueOrDefault(name, name);
            // verify-full is VerifyFull to Npgsql; its names of servers keep their hyphens.
            Set(keyword, keyword == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value);
        }

        return settings.ConnectionString;

        void Set(string keyword, string escaped)
        {
            // A semicolon parts nothing here: who wrote one for '&', or for the ':' before a password, has what follows in a name.
            if (keyword is not ("Password" or "password") && escaped.Contains(';'))
            {
                throw new FlawedConnectionStringException("In a URI ';' parts nothing: parameters are parted by '&', and one in a name is written as %3B.");
            }

            if (escaped.Length > 0)
            {
                settings[keyword] = Uri.UnescapeDataString(escaped);
            }
        }
    }
}
