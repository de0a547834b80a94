using System.Diagnostics;
using System.Text.Json.Nodes;

namespace SolidCache.Postgres.IntegrationTests.Tool;

/// <summary>solid-cache as a process of its own: as it was built, and not as it lies beside these tests, which leave out what ASP.NET Core brings along.</summary>
internal static class ToolProgram
{
    private static readonly string Assembly = Find();

    /// <param name="arguments">Its own.</param>
    /// <param name="on">Switches of <see cref="AppContext"/> that are on.</param>
    /// <param name="off">Those that are off.</param>
    public static ProcessStartInfo Of(string[] arguments, string[]? on = null, string[]? off = null)
    {
        var settings = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(Assembly, ".runtimeconfig.json")))!;
        var properties = settings["runtimeOptions"]!["configProperties"] ??= new JsonObject();
        foreach (var (name, isOn) in (on ?? []).Select(name => (name, true)).Concat((off ?? []).Select(name => (name, false))))
        {
            properties[name] = isOn;
        }

        var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{TestContext.CurrentContext.Test.ID}.runtimeconfig.json");
        File.WriteAllText(file, settings.ToJsonString());
        return new ProcessStartInfo("dotnet", ["exec", "--runtimeconfig", file, "--depsfile", Path.ChangeExtension(Assembly, ".deps.json"), Assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private static string Find()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(
            AppContext.BaseDirectory, "../../../../../src/SolidCache.Postgres.Tool/bin", framework.Parent!.Name, framework.Name, "SolidCache.Postgres.Tool.dll");
    }
}
