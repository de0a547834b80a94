using System.Text;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>How tests ask: by paths, and with bodies written out.</summary>
public static class Asking
{
    public static Task<HttpResponseMessage> ReadAsync(this HttpClient client, string path) =>
        client.GetAsync(new Uri(path, UriKind.Relative));

    public static Task<HttpResponseMessage> PostTextAsync(this HttpClient client, string path, string json) =>
        client.SendTextAsync(HttpMethod.Post, path, json);

    public static Task<HttpResponseMessage> PutTextAsync(this HttpClient client, string path, string json, CancellationToken token = default) =>
        client.SendTextAsync(HttpMethod.Put, path, json, token);

    public static async Task<HttpResponseMessage> SendTextAsync(
        this HttpClient client, HttpMethod method, string path, string json, CancellationToken token = default)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        return await client.SendAsync(request, token);
    }
}
