using CsCheck;

namespace SolidCache.Postgres.IntegrationTests.Tool;

/// <summary>Whatever is typed, no server in reach: a line and an exit code, and never what an exception looks like.</summary>
public sealed class AnyCommandLine
{
    private static readonly string[] Words =
    [
        "migrate", "verify", "stats", "cleanup", "get", "rm", "--script", "--output=/nowhere/file", "--unlogged", "--benchmark", "--iterations", "--json", "--watch", "--raw", "--prefix", "--pattern", "--yes", "--schema",
        "--table", "--key-prefix", "--user-secrets", "--connection-string", "--iterations=abc", "--watch=", "--prefix=", "--yes=maybe", "--help", "--version", "-p", "-h", "--", "=", "", "@file", "key", "10", "-1", "99999999999",
        "a\0b", "Host=127.0.0.1;Port=1;Timeout=1", "Host=127.0.0.1;Port=1;SSL Mode=VerifyFull;Root Certificate=/nowhere/root.crt", "Host=", "postgresql://127.0.0.1:1/app", "/nowhere/file",
    ];

    private static readonly int[] Codes = [0, 1, 64, 69, 70, 73, 78, 130];

    [Test]
    public void Ends_with_a_line_and_an_exit_code() =>
        Gen.Int[0, Words.Length - 1].Select(static index => Words[index]).Array[0, 7].Sample(
            words =>
            {
                // Not one that the environment may name.
                var run = ToolRun.OfAsync([.. words, "--connection-string", "Host=127.0.0.1;Port=1;Timeout=1"]).GetAwaiter().GetResult();
                return Codes.Contains(run.ExitCode)
                    && (run.Error.Length == 0 || run.Error.StartsWith("solid-cache: ", StringComparison.Ordinal))
                    && !run.Error.Contains("   at ", StringComparison.Ordinal)
                    && (run.ExitCode is 0 or 1 or 130 || run.Error.Length > 0);
            },
            iter: 3_000,
            print: static words => string.Join(' ', words.Select(static word => $"[{word}]")));
}
