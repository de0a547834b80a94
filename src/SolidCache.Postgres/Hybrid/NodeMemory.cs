using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Memory;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Invalidation;

namespace SolidCache.Postgres.Hybrid;

/// <summary>
/// What a process remembers of the table. An entry is put in only if nothing was told of it since it began to be read, and is taken out when something is told; it is
/// served only while it is known what others change.
/// </summary>
internal sealed class NodeMemory : IDisposable
{
    /// <summary>Keys that share one tell each other's stories: an entry more that is not remembered.</summary>
    private const int StripeCount = 4096;

    /// <summary>More removed tags than this, and all is forgotten instead.</summary>
    private const int MostTags = 100_000;

    /// <summary>Longer than a process lives; from now on for ever is no date.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3_650);

    /// <summary>About what an entry costs beside its key and its value.</summary>
    private const int Overhead = 200;

    private readonly InvalidationReader _reader;
    private readonly bool _servesUnconfirmed;
    private readonly MemoryCache _entries;
    private readonly IDisposable _subscription;
    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(static _ => new Stripe())];
    private readonly ConcurrentDictionary<string, long> _removedTags = new(StringComparer.Ordinal);
    private long _version;
    private long _forgottenAt;

    public NodeMemory(InvalidationReader reader, Subscriptions subscriptions, SolidCacheHybridOptions options)
    {
        (_reader, _servesUnconfirmed) = (reader, options.ServeUnconfirmed);
        _entries = new(new MemoryCacheOptions { SizeLimit = options.MaximumLocalCacheBytes });
        _subscription = subscriptions.Add(Told);
    }

    /// <summary>What is remembered of an entry and may be served now.</summary>
    public bool TryGet(ReadOnlySpan<char> name, [NotNullWhen(true)] out Remembered? found) => _entries.TryGetValue(name, out found) && IsServed(found);

    /// <summary>The same of a name that is a string already, which is found sooner.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Remembered? found)
    {
        found = _entries.TryGetValue((object)name, out var entry) ? (Remembered?)entry : null;
        return IsServed(found);
    }

    /// <summary>Before an entry is read that may be remembered.</summary>
    /// <returns>The version to remember it at; null when it is not known what others change.</returns>
    public long? Begin() => _reader.IsCurrentAt(CoarseTime.Instance.GetTimestamp()) ? Volatile.Read(ref _version) : null;

    /// <summary>Remembers an entry, unless something was told of it since.</summary>
    public void Remember(string name, Remembered entry, int bytes)
    {
        var life = CoarseTime.Instance.GetElapsedTime(CoarseTime.Instance.GetTimestamp(), entry.EndsAt);
        if (life <= TimeSpan.Zero)
        {
            return;
        }

        var stripe = StripeOf(name);
        lock (stripe)
        {
            if (stripe.ToldAt <= entry.KnownAt && IsFresh(entry.Tags, entry.KnownAt))
            {
                Put(name, entry, life, bytes);
            }
        }
    }

    /// <summary>Remembers what this node has just stored, unless another has changed it since; what is being read of it now is not remembered.</summary>
    public void Replace(string name, Remembered entry, int bytes)
    {
        var life = CoarseTime.Instance.GetElapsedTime(CoarseTime.Instance.GetTimestamp(), entry.EndsAt);
        var stripe = StripeOf(name);
        lock (stripe)
        {
            var isOurs = stripe.ToldAt <= entry.KnownAt;
            stripe.ToldAt = Interlocked.Increment(ref _version);
            if (isOurs && life > TimeSpan.Zero)
            {
                Put(name, entry, life, bytes);
            }
            else
            {
                _entries.Remove(name);
            }
        }
    }

    public void Forget(string name)
    {
        var version = Interlocked.Increment(ref _version);
        Forget(name, version);
    }

    public void ForgetTags(IEnumerable<string> tags)
    {
        foreach (var tag in tags)
        {
            _removedTags[tag] = Interlocked.Increment(ref _version);
        }

        if (_removedTags.Count > MostTags)
        {
            // Twice: a tag that is added meanwhile is dropped with the others, and what has it is older than the second.
            ForgetAll();
            _removedTags.Clear();
            ForgetAll();
        }
    }

    public void ForgetAll()
    {
        Volatile.Write(ref _forgottenAt, Interlocked.Increment(ref _version));
        _entries.Clear();
    }

    public void Dispose()
    {
        _subscription.Dispose();
        _entries.Dispose();
    }

    private void Told(SolidCacheInvalidation told)
    {
        if (told.IsEverything)
        {
            ForgetAll();
        }

        ForgetTags(told.Tags);
        var version = Interlocked.Increment(ref _version);
        foreach (var name in told.Keys)
        {
            Forget(name, version);
        }
    }

    private void Forget(string name, long version)
    {
        var stripe = StripeOf(name);
        lock (stripe)
        {
            stripe.ToldAt = Math.Max(stripe.ToldAt, version);
            _entries.Remove(name);
        }
    }

    private void Put(string name, Remembered entry, TimeSpan life, int bytes)
    {
        using var place = _entries.CreateEntry(name);
        place.Value = entry;
        place.AbsoluteExpirationRelativeToNow = life < Longest ? life : Longest;
        place.Size = bytes + (name.Length * sizeof(char)) + Overhead;
    }

    private bool IsServed([NotNullWhen(true)] Remembered? found) =>
        found is not null && CoarseTime.Instance.GetTimestamp() is var now && found.EndsAt > now && (_servesUnconfirmed || _reader.IsCurrentAt(now)) && IsFresh(found.Tags, found.KnownAt);

    private bool IsFresh(string[]? tags, long knownAt)
    {
        if (Volatile.Read(ref _forgottenAt) > knownAt)
        {
            return false;
        }

        foreach (var tag in tags ?? [])
        {
            if (_removedTags.TryGetValue(tag, out var removedAt) && removedAt > knownAt)
            {
                return false;
            }
        }

        return true;
    }

    private Stripe StripeOf(string name) => _stripes[(uint)string.GetHashCode(name, StringComparison.Ordinal) % StripeCount];

    private sealed class Stripe
    {
        public long ToldAt { get; set; }
    }
}
