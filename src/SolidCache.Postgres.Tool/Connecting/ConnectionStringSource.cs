using System.Diagnostics.CodeAnalysis;
using System.Xml.Linq;
using Microsoft.Extensions.Configuration;

namespace SolidCache.Postgres.Tool.Connecting;

/// <summary>Finds the connection string: on the command line, in the environment, in user secrets.</summary>
internal static class ConnectionStringSource
{
    private const string Variable = "ConnectionStrings__SolidCache";
    private const string Secret = "ConnectionStrings:SolidCache";

    /// <exception cref="SetupException">There is none.</exception>
    public static string Find(string? option, string? userSecretsId)
    {
        if (option is not null)
        {
            // Not the next source: a variable of a script that is not set would lead to a database that nobody meant.
            return string.IsNullOrWhiteSpace(option) ? throw new SetupException("--connection-string is empty.") : option;
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable)
        {
            return variable;
        }

        var secret = SecretOf(userSecretsId);
        return !string.IsNullOrEmpty(secret)
            ? secret
            : throw new SetupException($"There is no connection string. Give --connection-string, or set {Variable} or the user secret {Secret}.");
    }

    /// <summary>An id that is no name of a folder, secrets that are no JSON, a project that is no XML: whatever it is, somebody has to mend it.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The readers of three formats have a dozen exceptions among them.")]
    private static string? SecretOf(string? userSecretsId)
    {
        try
        {
            var id = userSecretsId ?? UserSecretsIdOfProject();
            return id is null ? null : new ConfigurationBuilder().AddUserSecrets(id).Build()[Secret];
        }
        catch (Exception error)
        {
            throw new SetupException($"The user secrets cannot be read: {error.Message}");
        }
    }

    private static string? UserSecretsIdOfProject()
    {
        var projects = Directory.GetFiles(Directory.GetCurrentDirectory(), "*.csproj");
        return projects is [var project] ? XDocument.Load(project).Descendants("UserSecretsId").FirstOrDefault()?.Value : null;
    }
}
