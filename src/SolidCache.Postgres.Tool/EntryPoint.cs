namespace SolidCache.Postgres.Tool;

/// <summary>The program <c>solid-cache</c>.</summary>
internal static class EntryPoint
{
    public static Task<int> Main(string[] args) => CommandLine.RunAsync(args, Terminal.OfThisProcess());
}
