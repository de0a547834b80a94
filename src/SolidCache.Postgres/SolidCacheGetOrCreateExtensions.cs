using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SolidCache.Postgres.Json;

namespace SolidCache.Postgres;

/// <summary>
/// <see cref="ISolidCache.GetOrCreateAsync{TState}"/> for objects, stored as UTF-8 JSON. The overloads with a <see cref="JsonTypeInfo{T}"/> are safe for
/// trimming and NativeAOT. Every caller gets an object of his own.
/// </summary>
public static class SolidCacheGetOrCreateExtensions
{
    /// <summary>Reads an object, or has it made and stores it: by one caller of all nodes, while the others wait.</summary>
    /// <inheritdoc cref="ISolidCache.GetOrCreateAsync(string, Func{CancellationToken, ValueTask{byte[]}}, SolidCacheEntryOptions?, CancellationToken)"/>
    /// <typeparam name="T">The type as which it is written and read.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="factory">Makes the object; its null is stored too.</param>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/>, <paramref name="key"/> or <paramref name="factory"/> is null.</exception>
    /// <exception cref="JsonException">The stored value is not JSON, or not of this type.</exception>
    [RequiresUnreferencedCode(JsonTypes.Reflection)]
    [RequiresDynamicCode(JsonTypes.Reflection)]
    [OverloadResolutionPriority(1)] // What an argument "new() { .. }" means.
    public static ValueTask<T> GetOrCreateAsync<T>(
        this ISolidCache cache,
        string key,
        Func<CancellationToken, ValueTask<T>> factory,
        SolidCacheEntryOptions? options = null,
        CancellationToken token = default) =>
        GetOrCreateAsync(cache, key, factory, JsonTypes.Of<T>(null), options, token);

    /// <inheritdoc cref="GetOrCreateAsync{T}(ISolidCache, string, Func{CancellationToken, ValueTask{T}}, SolidCacheEntryOptions?, CancellationToken)"/>
    /// <param name="jsonTypeInfo">How it is written and read, from a <c>JsonSerializerContext</c>.</param>
    public static ValueTask<T> GetOrCreateAsync<T>(
        this ISolidCache cache,
        string key,
        Func<CancellationToken, ValueTask<T>> factory,
        JsonTypeInfo<T> jsonTypeInfo,
        SolidCacheEntryOptions? options = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return GetOrCreateAsync(cache, key, factory, static (factory, token) => factory(token), jsonTypeInfo, options, token);
    }

    /// <inheritdoc cref="GetOrCreateAsync{T}(ISolidCache, string, Func{CancellationToken, ValueTask{T}}, SolidCacheEntryOptions?, CancellationToken)"/>
    /// <typeparam name="TState">The type of what the factory needs.</typeparam>
    /// <typeparam name="T">The type as which it is written and read.</typeparam>
    /// <param name="state">Handed to the factory, so that it captures nothing and a hit allocates nothing for it.</param>
    [RequiresUnreferencedCode(JsonTypes.Reflection)]
    [RequiresDynamicCode(JsonTypes.Reflection)]
    [OverloadResolutionPriority(1)] // What an argument "new() { .. }" means.
    public static ValueTask<T> GetOrCreateAsync<TState, T>(
        this ISolidCache cache,
        string key,
        TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory,
        SolidCacheEntryOptions? options = null,
        CancellationToken token = default) =>
        GetOrCreateAsync(cache, key, state, factory, JsonTypes.Of<T>(null), options, token);

    /// <inheritdoc cref="GetOrCreateAsync{TState, T}(ISolidCache, string, TState, Func{TState, CancellationToken, ValueTask{T}}, SolidCacheEntryOptions?, CancellationToken)"/>
    /// <param name="jsonTypeInfo">How it is written and read, from a <c>JsonSerializerContext</c>.</param>
    public static async ValueTask<T> GetOrCreateAsync<TState, T>(
        this ISolidCache cache,
        string key,
        TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory,
        JsonTypeInfo<T> jsonTypeInfo,
        SolidCacheEntryOptions? options = null,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        var json = await cache.GetOrCreateAsync(
            key,
            (State: state, Factory: factory, Type: jsonTypeInfo),
            static async (make, token) => JsonSerializer.SerializeToUtf8Bytes(await make.Factory(make.State, token).ConfigureAwait(false), make.Type),
            options,
            token).ConfigureAwait(false);
        return JsonSerializer.Deserialize(json, jsonTypeInfo)!;
    }
}
