using System.Data.Common;
using Npgsql;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>Finds what was meant by a word that is no keyword of a connection string. The word itself is not told: it may be the rest of a password with a semicolon.</summary>
internal static class ConnectionKeywords
{
    private const int MostMistakes = 2;

    private static readonly string[] Usual =
        ["Host", "Server", "Port", "Database", "Username", "User Id", "Password", "Passfile", "SSL Mode", "Root Certificate", "Timeout", "Pooling", "Maximum Pool Size", "Minimum Pool Size", "Search Path", "Application Name"];

    /// <returns>The keyword that is near to one that Npgsql does not know, or null.</returns>
    public static string? Misspelt(string connectionString)
    {
        try
        {
            var known = new NpgsqlConnectionStringBuilder();
            return new DbConnectionStringBuilder { ConnectionString = connectionString }.Keys.Cast<string>()
                .Where(keyword => !known.ContainsKey(keyword))
                .Select(static keyword => (Meant: Spelling.Nearest(keyword, Usual), Keyword: keyword))
                .FirstOrDefault(static guess => Spelling.Distance(guess.Meant, guess.Keyword) <= MostMistakes)
                .Meant;
        }
        catch (ArgumentException)
        {
            // It has no keywords: a sign is missing.
            return null;
        }
    }
}
