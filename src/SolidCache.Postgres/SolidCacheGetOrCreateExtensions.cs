using System.Data.Common;
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
    /// <remarks>
    /// A stored value that cannot be read as this type, which another version of the application may have left, is removed and made anew. Nodes of both versions
    /// do so in turns, as long as there are both: <see cref="SolidCacheKeyVersion"/> keeps their keys apart.
    /// </remarks>
    /// <inheritdoc cref="ISolidCache.GetOrCreateAsync(string, Func{CancellationToken, ValueTask{byte[]}}, SolidCacheEntryOptions?, CancellationToken)"/>
    /// <typeparam name="T">The type as which it is written and read.</typeparam>
    /// <param name="cache">The cache.</param>
    /// <param name="factory">Makes the object; its null is stored too.</param>
    /// <exception cref="ArgumentNullException"><paramref name="cache"/>, <paramref name="key"/> or <paramref name="factory"/> is null.</exception>
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
        CancellationToken token = default) =>
        factory is null
            ? ValueTask.FromException<T>(new ArgumentNullException(nameof(factory)))
            : GetOrCreateAsync(cache, key, factory, static (factory, token) => factory(token), jsonTypeInfo, options, token);

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
        return TryRead(json, jsonTypeInfo, out var value)
            ? value
            : await MakeAnewAsync(cache, key, new Making<TState, T>(state, factory, jsonTypeInfo), options, token).ConfigureAwait(false);
    }

    /// <summary>What is stored is of another version of the application, or of somebody else; and they may store it once more.</summary>
    private static async ValueTask<T> MakeAnewAsync<TState, T>(
        ISolidCache cache, string key, Making<TState, T> making, SolidCacheEntryOptions? options, CancellationToken token)
    {
        try
        {
            await cache.RemoveAsync(key, token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SolidCacheException or DbException or TimeoutException)
        {
            // The cache may not write, or cannot.
            return await making.Factory(making.State, token).ConfigureAwait(false);
        }

        var json = await cache.GetOrCreateAsync(key, making, static (making, token) => making.MakeAsync(token), options, token).ConfigureAwait(false);
        if (TryRead(json, making.Type, out var value))
        {
            return value;
        }

        return making.IsDone
            ? JsonSerializer.Deserialize(json, making.Type)! // Says why the type cannot be read at all.
            : await making.Factory(making.State, token).ConfigureAwait(false);
    }

    /// <summary>Besides a <see cref="JsonException"/> there is what constructors, setters and converters throw at what they do not expect, and want of a type's discriminator.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it throws, the value is made anew.")]
    private static bool TryRead<T>(byte[] json, JsonTypeInfo<T> type, out T value)
    {
        try
        {
            value = JsonSerializer.Deserialize(json, type)!;
            return true;
        }
        catch (Exception)
        {
            value = default!;
            return false;
        }
    }

    private sealed record Making<TState, T>(TState State, Func<TState, CancellationToken, ValueTask<T>> Factory, JsonTypeInfo<T> Type)
    {
        private volatile bool _isDone;

        public bool IsDone => _isDone;

        public async ValueTask<byte[]> MakeAsync(CancellationToken token)
        {
            var made = await Factory(State, token).ConfigureAwait(false);
            _isDone = true;
            return JsonSerializer.SerializeToUtf8Bytes(made, Type);
        }
    }
}
