using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Hybrid;
using SolidCache.Postgres.Caching;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Invalidation;
using SolidCache.Postgres.Leasing;

namespace SolidCache.Postgres.Hybrid;

/// <summary>
/// <see cref="HybridCache"/> over the table: the memory of this process, which is told what others change; below it the entries of the cache, made under leases.
/// </summary>
internal sealed class SolidHybridCache(
    IEntryStore store, EntryCreator creator, CachePolicy policy, NodeMemory memory, Serializers serializers, Invalidations invalidations, SolidCacheHybridOptions options, CacheTelemetry telemetry, Log log, TimeProvider time)
    : HybridCache, IDisposable
{
    public const string AllTags = "*";

    public override ValueTask<T> GetOrCreateAsync<TState, T>(
        string key, TState state, Func<TState, CancellationToken, ValueTask<T>> factory, HybridCacheEntryOptions? options = null, IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return TryRemembered<T>(key, key, options, cancellationToken, out var value) ? value : GetOrMakeAsync(key, state, factory, options, tags, cancellationToken);
    }

    public override ValueTask<T> GetOrCreateAsync<TState, T>(
        ReadOnlySpan<char> key, TState state, Func<TState, CancellationToken, ValueTask<T>> factory, HybridCacheEntryOptions? options = null, IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return TryRemembered<T>(name: null, key, options, cancellationToken, out var value) ? value : GetOrMakeAsync(key.ToString(), state, factory, options, tags, cancellationToken);
    }

    public override async ValueTask SetAsync<T>(string key, T value, HybridCacheEntryOptions? options = null, IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        var call = Call(options, tags);
        // As with Microsoft's, the value given is what is called the underlying data.
        if (!IsUsable(key) || call.Has(HybridCacheEntryFlags.DisableUnderlyingData))
        {
            return;
        }

        if (serializers.Serialize(value) is not { } bytes || bytes.Length > call.Limits(Options, policy.MaxValueBytes).MaxValueBytes)
        {
            // What was there would be older than what the caller has.
            log.NotCached(call.Limits(Options, policy.MaxValueBytes).MaxValueBytes ?? 0);
            await RemoveAsync(key, cancellationToken).ConfigureAwait(false);
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var name = policy.Keys.NameOfKey(key);
        var (knownAt, began) = (memory.Begin(), time.GetTimestamp());
        try
        {
            if (!call.Has(HybridCacheEntryFlags.DisableDistributedCacheWrite) && !await store.WriteAsync(
                policy.Keys.Map(key), new ReadOnlySequence<byte>(bytes), policy.ExpirationOf(call.EntryOptions(Options), time), policy.IsDurable(key), async: true, cancellationToken).ConfigureAwait(false))
            {
                // Dropped, as the application wants it while the server is away: what others set later would be told to nobody, since it replaces nothing.
                knownAt = null;
            }
        }
        catch
        {
            memory.Forget(name);
            throw;
        }

        if (knownAt is { } version && !call.Has(HybridCacheEntryFlags.DisableLocalCacheWrite))
        {
            memory.Replace(name, Remembered.Of(value, bytes, EndOf(began, call.Local), version, call.Tags?.Select(policy.Keys.NameOfKey).ToArray()), bytes.Length);
        }
        else
        {
            memory.Forget(name);
        }
    }

    public override async ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!IsUsable(key))
        {
            return;
        }

        try
        {
            await store.RemoveAsync(policy.Keys.Map(key), async: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            memory.Forget(policy.Keys.NameOfKey(key));
        }
    }

    /// <summary>They travel together.</summary>
    public override async ValueTask RemoveAsync(IEnumerable<string> keys, CancellationToken cancellationToken = default) =>
        await Task.WhenAll((keys ?? []).Select(key => RemoveAsync(key, cancellationToken).AsTask())).ConfigureAwait(false);

    public override ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default) => RemoveByTagAsync([tag], cancellationToken);

    public override async ValueTask RemoveByTagAsync(IEnumerable<string> tags, CancellationToken cancellationToken = default)
    {
        List<string> wanted = [.. (tags ?? []).Where(static tag => !string.IsNullOrWhiteSpace(tag))];
        var isAll = wanted.Contains(AllTags);
        try
        {
            if (isAll)
            {
                await store.RemoveAsync(policy.Keys.StartingWith(""), cancellationToken).ConfigureAwait(false);
                // What nodes remember and never stored goes too.
                await invalidations.PublishEverythingAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (wanted.Count > 0)
            {
                await store.RemoveTagsAsync(policy.Map(wanted), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            memory.ForgetTags(wanted.Select(policy.Keys.NameOfKey));
            if (isAll)
            {
                memory.ForgetAll();
            }
        }
    }

    public void Dispose() => memory.Dispose();

    private SolidCacheHybridOptions Options => options;

    /// <summary>The answer if the process has it. Without a state machine, so that it costs no more than the look.</summary>
    private bool TryRemembered<T>(string? name, ReadOnlySpan<char> key, HybridCacheEntryOptions? asked, CancellationToken cancellationToken, out ValueTask<T> value)
    {
        value = default;
        if (cancellationToken.IsCancellationRequested)
        {
            value = ValueTask.FromCanceled<T>(cancellationToken);
            return true;
        }

        // A name that looks like a hash may be another key's.
        if (key.Length > options.MaximumKeyLength || KeySpace.LooksHashed(key) || !TryRemembered<T>(name, key, asked?.Flags ?? options.Flags, out var read))
        {
            return false;
        }

        value = new(read);
        return true;
    }

    private bool TryRemembered<T>(string? name, ReadOnlySpan<char> text, HybridCacheEntryFlags flags, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if ((flags & HybridCacheEntryFlags.DisableLocalCacheRead) != 0 || !(name is null ? memory.TryGet(text, out var found) : memory.TryGet(name, out found)) || !serializers.TryRead(found, out value))
        {
            return false;
        }

        telemetry.Remembered(hit: true);
        return true;
    }

    private async ValueTask<T> GetOrMakeAsync<TState, T>(
        string key, TState state, Func<TState, CancellationToken, ValueTask<T>> factory, HybridCacheEntryOptions? asked, IEnumerable<string>? tags, CancellationToken cancellationToken)
    {
        var call = Call(asked, tags);
        if (!IsUsable(key))
        {
            return call.Has(HybridCacheEntryFlags.DisableUnderlyingData) ? default! : await factory(state, cancellationToken).ConfigureAwait(false);
        }

        var name = policy.Keys.NameOfKey(key);
        if (name != key && TryRemembered<T>(name, name, call.Flags, out var remembered))
        {
            return remembered;
        }

        telemetry.Remembered(hit: false);
        var (knownAt, began) = (call.Has(HybridCacheEntryFlags.DisableLocalCacheWrite) ? null : memory.Begin(), time.GetTimestamp());
        var making = new Making<TState, T>(state, factory, serializers);
        var recipe = new Recipe<Making<TState, T>>(
            policy.Keys.Map(key), making, static (making, token) => making.MakeAsync(token), call.EntryOptions(options), call.StoredTags(policy), call.Limits(options, policy.MaxValueBytes));
        var made = await creator.GetOrCreateAgedAsync(recipe, cancellationToken).ConfigureAwait(false);
        if (making.IsOf(made.Value))
        {
            if (made is { Value: { } stored, Age: { } age })
            {
                Remember(making.Made, stored, made.ReadAt, age);
            }
            else if (made.Value is { } kept && recipe.Limits.SkipsWrite && kept.Length <= recipe.Limits.MaxValueBytes)
            {
                Remember(making.Made, kept, began, new(1, call.Expiration, call.Tags is null ? null : TagSet.Read(recipe.Tags)));
            }

            return making.Made;
        }

        if (made.Value is not { } bytes)
        {
            return default!;
        }

        if (!call.Has(HybridCacheEntryFlags.DisableLocalCacheRead) && Immutable<T>.Value && memory.TryGet(name, out var found) && found.Value is T shared)
        {
            return shared;
        }

        if (serializers.TryDeserialize<T>(bytes, out var value))
        {
            if (made.Age is { } known)
            {
                Remember(value, bytes, made.ReadAt, known);
            }

            return value;
        }

        // What is stored is no such value, of another version of the application, or of somebody else: it is made anew, and replaced.
        const HybridCacheEntryFlags Anew = HybridCacheEntryFlags.DisableLocalCacheRead | HybridCacheEntryFlags.DisableDistributedCacheRead;
        return (call.Flags & Anew) == Anew
            ? await factory(state, cancellationToken).ConfigureAwait(false)
            : await GetOrMakeAsync(key, state, factory, new() { Expiration = asked?.Expiration, LocalCacheExpiration = asked?.LocalCacheExpiration, Flags = call.Flags | Anew }, call.Tags, cancellationToken).ConfigureAwait(false);

        void Remember(T value, byte[] bytes, long readAt, EntryAge age)
        {
            if (knownAt is { } version)
            {
                var life = age.Life < TimeSpan.MaxValue ? age.Life * (1 - options.RefreshBefore) : age.Life;
                memory.Remember(name, Remembered.Of(value, bytes, EndOf(readAt, life < call.Local ? life : call.Local), version, NamesOf(age.Tags)), bytes.Length);
            }
        }
    }

    private HybridCall Call(HybridCacheEntryOptions? asked, IEnumerable<string>? tags) => HybridCall.Of(asked, tags, options);

    private bool IsUsable([NotNullWhen(true)] string? key) => !string.IsNullOrWhiteSpace(key) && key.Length <= options.MaximumKeyLength;

    private long EndOf(long began, TimeSpan life) => began + (long)Math.Min(life.TotalSeconds * time.TimestampFrequency, long.MaxValue / 2);

    private string[]? NamesOf(string[]? stored) => stored is null ? null : [.. stored.Select(policy.Keys.NameOf).OfType<string>()];
}
