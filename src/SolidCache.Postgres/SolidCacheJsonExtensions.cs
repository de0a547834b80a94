using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Json;

namespace SolidCache.Postgres;

/// <summary>
/// Stores objects as UTF-8 JSON in any <see cref="IDistributedCache"/>, through pooled buffers where the cache is an
/// <see cref="IBufferDistributedCache"/>. The overloads with a <see cref="JsonTypeInfo{T}"/> are safe for trimming and NativeAOT.
/// </summary>
public static class SolidCacheJsonExtensions
{
    private static readonly DistributedCacheEntryOptions DefaultEntryOptions = new();

    /// <summary>Stores an object as JSON.</summary>
    /// <typeparam name="T">The type as which it is written.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The object; null is stored as JSON's <c>null</c>.</param>
    /// <param name="options">When it expires; null for the cache's default.</param>
    /// <param name="serializerOptions">How it is written; null for <see cref="JsonSerializerOptions.Web"/>, and the fields of tuples.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>A task that completes when the entry is stored.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/> or <paramref name="key"/> is null.</exception>
    [RequiresUnreferencedCode(JsonTypes.Reflection)]
    [RequiresDynamicCode(JsonTypes.Reflection)]
    [OverloadResolutionPriority(1)] // What a fourth argument "new() { .. }" means.
    public static Task SetJsonAsync<T>(
        this IDistributedCache cache,
        string key,
        T value,
        DistributedCacheEntryOptions? options = null,
        JsonSerializerOptions? serializerOptions = null,
        CancellationToken token = default) =>
        SetJsonAsync(cache, key, value, JsonTypes.Of<T>(serializerOptions), options, token);

    /// <inheritdoc cref="SetJsonAsync{T}(IDistributedCache, string, T, DistributedCacheEntryOptions?, JsonSerializerOptions?, CancellationToken)"/>
    /// <param name="jsonTypeInfo">How it is written, from a <c>JsonSerializerContext</c>.</param>
    public static async Task SetJsonAsync<T>(
        this IDistributedCache cache,
        string key,
        T value,
        JsonTypeInfo<T> jsonTypeInfo,
        DistributedCacheEntryOptions? options = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        if (cache is not IBufferDistributedCache buffered)
        {
            await cache.SetAsync(key, JsonSerializer.SerializeToUtf8Bytes(value, jsonTypeInfo), options ?? DefaultEntryOptions, token).ConfigureAwait(false);
            return;
        }

        using var buffer = new PooledBufferWriter();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions(jsonTypeInfo.Options)))
        {
            JsonSerializer.Serialize(writer, value, jsonTypeInfo);
        }

        await buffered.SetAsync(key, new ReadOnlySequence<byte>(buffer.Written), options ?? DefaultEntryOptions, token).ConfigureAwait(false);
    }

    /// <summary>Reads an object that was stored as JSON.</summary>
    /// <typeparam name="T">The type as which it is read.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="serializerOptions">How it is read; null for <see cref="JsonSerializerOptions.Web"/>, and the fields of tuples.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>The object, or the default of its type when there is none. <c>TryGetJsonAsync</c> tells the two apart.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/> or <paramref name="key"/> is null.</exception>
    /// <exception cref="JsonException">The stored value is not JSON, or not of this type.</exception>
    [RequiresUnreferencedCode(JsonTypes.Reflection)]
    [RequiresDynamicCode(JsonTypes.Reflection)]
    public static Task<T?> GetJsonAsync<T>(
        this IDistributedCache cache, string key, JsonSerializerOptions? serializerOptions = null, CancellationToken token = default) =>
        GetJsonAsync(cache, key, JsonTypes.Of<T>(serializerOptions), token);

    /// <inheritdoc cref="GetJsonAsync{T}(IDistributedCache, string, JsonSerializerOptions?, CancellationToken)"/>
    /// <param name="jsonTypeInfo">How it is read, from a <c>JsonSerializerContext</c>.</param>
    public static async Task<T?> GetJsonAsync<T>(
        this IDistributedCache cache, string key, JsonTypeInfo<T> jsonTypeInfo, CancellationToken token = default) =>
        (await TryGetJsonAsync(cache, key, jsonTypeInfo, token).ConfigureAwait(false)).Value;

    /// <summary>Reads an object that was stored as JSON, and tells a miss from a stored default.</summary>
    /// <typeparam name="T">The type as which it is read.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="serializerOptions">How it is read; null for <see cref="JsonSerializerOptions.Web"/>, and the fields of tuples.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>Whether an entry was found, and the object in it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/> or <paramref name="key"/> is null.</exception>
    /// <exception cref="JsonException">The stored value is not JSON, or not of this type.</exception>
    [RequiresUnreferencedCode(JsonTypes.Reflection)]
    [RequiresDynamicCode(JsonTypes.Reflection)]
    public static Task<(bool Found, T? Value)> TryGetJsonAsync<T>(
        this IDistributedCache cache, string key, JsonSerializerOptions? serializerOptions = null, CancellationToken token = default) =>
        TryGetJsonAsync(cache, key, JsonTypes.Of<T>(serializerOptions), token);

    /// <inheritdoc cref="TryGetJsonAsync{T}(IDistributedCache, string, JsonSerializerOptions?, CancellationToken)"/>
    /// <param name="jsonTypeInfo">How it is read, from a <c>JsonSerializerContext</c>.</param>
    public static async Task<(bool Found, T? Value)> TryGetJsonAsync<T>(
        this IDistributedCache cache, string key, JsonTypeInfo<T> jsonTypeInfo, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        if (cache is not IBufferDistributedCache buffered)
        {
            return await cache.GetAsync(key, token).ConfigureAwait(false) is { } bytes
                ? (true, JsonSerializer.Deserialize(bytes, jsonTypeInfo))
                : default;
        }

        using var buffer = new PooledBufferWriter();
        return await buffered.TryGetAsync(key, buffer, token).ConfigureAwait(false)
            ? (true, JsonSerializer.Deserialize(buffer.Written.Span, jsonTypeInfo))
            : default;
    }

    /// <summary>As the serializer writes when it makes the writer itself.</summary>
    private static JsonWriterOptions WriterOptions(JsonSerializerOptions options) => new()
    {
        Encoder = options.Encoder,
        Indented = options.WriteIndented,
        IndentCharacter = options.IndentCharacter,
        IndentSize = options.IndentSize,
        NewLine = options.NewLine,
        MaxDepth = options.MaxDepth,
        SkipValidation = true,
    };
}
