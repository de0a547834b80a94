using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace SweepLambda;

/// <summary>
/// What Lambda asks of a custom runtime, in plain HTTP: take the next invocation, answer it, tell what failed. Amazon's runtime library does the
/// same and much more; a sweep needs no more than this.
/// </summary>
internal sealed class LambdaRuntime(Uri runtime) : IDisposable
{
    private const string RequestId = "Lambda-Runtime-Aws-Request-Id";
    private readonly HttpClient _http = new() { BaseAddress = runtime, Timeout = Timeout.InfiniteTimeSpan };

    /// <exception cref="InvalidOperationException">This process was not started by Lambda.</exception>
    public static LambdaRuntime FromEnvironment() =>
        Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API") is { Length: > 0 } address
            ? new LambdaRuntime(new Uri($"http://{address}/2018-06-01/runtime/"))
            : throw new InvalidOperationException("AWS_LAMBDA_RUNTIME_API is not set: Lambda starts this program.");

    /// <summary>Serves invocations until it is cancelled; Lambda freezes the process in between, and ends it without a word.</summary>
    public async Task RunAsync(Func<CancellationToken, Task<string>> handle, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var invocation = await _http.GetAsync(new Uri("invocation/next", UriKind.Relative), cancellationToken);
            invocation.EnsureSuccessStatusCode();
            await ServeAsync(invocation.Headers.GetValues(RequestId).Single(), handle, cancellationToken);
        }
    }

    public Task ReportStartFailureAsync(Exception error) => PostAsync("init/error", Describe(error));

    public void Dispose() => _http.Dispose();

    private static string Describe(Exception error) =>
        $$"""{"errorType":"{{error.GetType().Name}}","errorMessage":"{{JsonEncodedText.Encode(error.Message)}}"}""";

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails is the answer to the invocation; the process goes on.")]
    private async Task ServeAsync(string id, Func<CancellationToken, Task<string>> handle, CancellationToken cancellationToken)
    {
        try
        {
            await PostAsync($"invocation/{id}/response", await handle(cancellationToken));
        }
        catch (Exception error)
        {
            await PostAsync($"invocation/{id}/error", Describe(error));
        }
    }

    private async Task PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
    }
}
