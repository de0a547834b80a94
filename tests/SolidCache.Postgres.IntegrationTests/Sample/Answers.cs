using System.Net.Http.Json;
using System.Text.Json;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>How tests look at an answer.</summary>
public static class Answers
{
    public static string? Cache(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Cache", out var values) ? values.Single() : null;

    public static string? PermissionsCache(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Permissions-Cache", out var values) ? values.Single() : null;

    public static Task<JsonElement> JsonAsync(this HttpResponseMessage response) => response.Content.ReadFromJsonAsync<JsonElement>();

    public static string?[] Strings(this JsonElement array) => [.. array.EnumerateArray().Select(static item => item.GetString())];

    public static string[] Names(this JsonElement json) => [.. json.EnumerateObject().Select(static property => property.Name)];

    public static string? MediaType(this HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType;
}
