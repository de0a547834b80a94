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
        if (!string.IsNullOrEmpty(option))
        {
            return option;
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable)
        {
            return variable;
        }

        var id = userSecretsId ?? UserSecretsIdOfProject();
        var secret = id is null ? null : new ConfigurationBuilder().AddUserSecrets(id).Build()[Secret];
        return !string.IsNullOrEmpty(secret)
            ? secret
            : throw new SetupException($"There is no connection string. Give --connection-string, or set {Variable} or the user secret {Secret}.");
    }

    private static string? UserSecretsIdOfProject()
    {
        var projects = Directory.GetFiles(Directory.GetCurrentDirectory(), "*.csproj");
        return projects is [var project] ? XDocument.Load(project).Descendants("UserSecretsId").FirstOrDefault()?.Value : null;
    }
}
