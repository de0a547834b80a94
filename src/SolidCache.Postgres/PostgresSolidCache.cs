using System.Buffers;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SolidCache.Postgres.DependencyInjection;

namespace SolidCache.Postgres;

/// <summary>
/// A cache without a container and a host, for tools, tests and libraries that take a cache object. Dispose of it: that carries out what was called before
/// and ends its connections. An application with a container registers one with <c>services.AddPostgresSolidCache()</c> instead.
/// </summary>
/// <remarks>
/// The schema is made by the first call, if it may be (<see cref="PostgresSolidCacheOptions.CreateSchemaIfNotExists"/>). Expired entries are swept in the
/// background, from the beginning until it is disposed of, unless <see cref="PostgresSolidCacheOptions.SweepExpiredEntries"/> is false.
/// </remarks>
public sealed class PostgresSolidCache : ISolidCache, IAsyncDisposable, IDisposable
{
    private readonly OwnedParts _parts;
    private readonly ISolidCache _cache;

    private PostgresSolidCache(OwnedParts parts) => (_parts, _cache) = (parts, parts.Cache);

    /// <summary>Makes a cache with a data source of its own.</summary>
    /// <param name="connectionString">As <see cref="PostgresSolidCacheOptions.ConnectionString"/>.</param>
    /// <param name="configure">Sets the other options.</param>
    /// <param name="loggerFactory">Where it logs; null for nowhere.</param>
    /// <returns>The cache; nothing is connected yet.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connectionString"/> is null.</exception>
    /// <exception cref="OptionsValidationException">An option cannot work.</exception>
    public static PostgresSolidCache Create(
        string connectionString, Action<PostgresSolidCacheOptions>? configure = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        var options = new PostgresSolidCacheOptions { ConnectionString = connectionString };
        configure?.Invoke(options);
        return new(OwnedParts.Create(options, loggerFactory));
    }

    /// <summary>Makes a cache on a data source, whose pool it shares and which it leaves open.</summary>
    /// <param name="dataSource">The data source.</param>
    /// <param name="configure">Sets the options.</param>
    /// <param name="loggerFactory">Where it logs; null for nowhere. What the data source logs is its own affair.</param>
    /// <returns>The cache; nothing is connected yet.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="dataSource"/> is null.</exception>
    /// <exception cref="OptionsValidationException">An option cannot work.</exception>
    /// <exception cref="InvalidOperationException">The data source multiplexes.</exception>
    public static PostgresSolidCache Create(
        NpgsqlDataSource dataSource, Action<PostgresSolidCacheOptions>? configure = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        var options = new PostgresSolidCacheOptions { DataSource = () => dataSource };
        configure?.Invoke(options);
        return new(OwnedParts.Create(options, loggerFactory));
    }

    /// <inheritdoc/>
    public byte[]? Get(string key) => _cache.Get(key);

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => _cache.GetAsync(key, token);

    /// <inheritdoc/>
    public bool TryGet(string key, IBufferWriter<byte> destination) => _cache.TryGet(key, destination);

    /// <inheritdoc/>
    public ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default) => _cache.TryGetAsync(key, destination, token);

    /// <inheritdoc/>
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _cache.Set(key, value, options);

    /// <inheritdoc/>
    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) => _cache.SetAsync(key, value, options, token);

    /// <inheritdoc/>
    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) => _cache.Set(key, value, options);

    /// <inheritdoc/>
    public ValueTask SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        _cache.SetAsync(key, value, options, token);

    /// <inheritdoc/>
    public void Refresh(string key) => _cache.Refresh(key);

    /// <inheritdoc/>
    public Task RefreshAsync(string key, CancellationToken token = default) => _cache.RefreshAsync(key, token);

    /// <inheritdoc/>
    public void Remove(string key) => _cache.Remove(key);

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken token = default) => _cache.RemoveAsync(key, token);

    /// <inheritdoc/>
    [OverloadResolutionPriority(1)]
    public ValueTask<byte[]> GetOrCreateAsync(
        string key, Func<CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default) =>
        _cache.GetOrCreateAsync(key, factory, options, token);

    /// <inheritdoc/>
    public ValueTask<byte[]> GetOrCreateAsync<TState>(
        string key, TState state, Func<TState, CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default) =>
        _cache.GetOrCreateAsync(key, state, factory, options, token);

    /// <inheritdoc/>
    public Task<long> RemoveByTagAsync(string tag, CancellationToken token = default) => _cache.RemoveByTagAsync(tag, token);

    /// <inheritdoc/>
    public Task<long> RemoveByTagAsync(IReadOnlyCollection<string> tags, CancellationToken token = default) => _cache.RemoveByTagAsync(tags, token);

    /// <inheritdoc/>
    public ISolidCacheTransaction InTransaction(DbTransaction transaction) => _cache.InTransaction(transaction);

    /// <inheritdoc/>
    public ISolidCacheTransaction InTransactionOf(DbConnection connection) => _cache.InTransactionOf(connection);

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(string key, CancellationToken token = default) => _cache.ExistsAsync(key, token);

    /// <inheritdoc/>
    public Task<TimeSpan?> GetTimeToLiveAsync(string key, CancellationToken token = default) => _cache.GetTimeToLiveAsync(key, token);

    /// <inheritdoc/>
    public Task<long> RemoveByPrefixAsync(string prefix, CancellationToken token = default) => _cache.RemoveByPrefixAsync(prefix, token);

    /// <inheritdoc/>
    public Task<long> RemoveByPatternAsync(string pattern, CancellationToken token = default) => _cache.RemoveByPatternAsync(pattern, token);

    /// <inheritdoc/>
    public Task<long> RemoveExpiredAsync(CancellationToken token = default) => _cache.RemoveExpiredAsync(token);

    /// <inheritdoc/>
    public Task<SolidCacheStatistics> GetStatisticsAsync(CancellationToken token = default) => _cache.GetStatisticsAsync(token);

    /// <summary>Carries out what was called before, and ends the cache. Blocks, for as long as a call may take.</summary>
    public void Dispose() => _parts.Dispose();

    /// <summary>Carries out what was called before, and ends the cache.</summary>
    /// <returns>When it has ended.</returns>
    public ValueTask DisposeAsync() => _parts.DisposeAsync();
}
