namespace SweepLambda;

/// <summary>The function's process: it lives as long as Lambda keeps it, and serves one invocation after the other.</summary>
internal static class EntryPoint
{
    public static async Task<int> Main()
    {
        using var runtime = LambdaRuntime.FromEnvironment();
        try
        {
            await using var sweep = Sweep.FromEnvironment();
            await runtime.RunAsync(sweep.RunAsync, CancellationToken.None);
            return 0;
        }
        catch (InvalidOperationException error)
        {
            await runtime.ReportStartFailureAsync(error);
            return 1;
        }
    }
}
