using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Invalidation;

/// <summary>
/// Reads the log of changes on a thread of its own: when somebody tells that there is something new, and every so often when nobody does. What it tells is exact;
/// where it cannot be, because the log is not the one that was read before, it tells that everything has changed, once.
/// </summary>
[SuppressMessage("Usage", "CA2213", Justification = "Its thread may wait for them still, and others wake it. They go with them.")]
internal sealed class InvalidationReader(
    InvalidationLog log, SolidCacheInvalidationOptions options, Subscriptions subscriptions, CallClock clock, CacheTelemetry telemetry, TableName table, Log logger)
    : IDisposable
{
    /// <summary>Between two looks: what comes meanwhile is one more of the next.</summary>
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(5);

    /// <summary>What each key that was told adds to that, up to a limit: where much is changed, looks and announcements are for many at once.</summary>
    private static readonly TimeSpan SpacingOfAKey = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan MostSpacing = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan BetweenPrunings = TimeSpan.FromMinutes(1);
    private readonly long _bound = (long)(options.MaxStaleness.TotalSeconds * CoarseTime.Instance.TimestampFrequency);
    private readonly AutoResetEvent _isNeeded = new(initialState: false);
    private readonly ManualResetEventSlim _isEnding = new();
    private string? _position;
    private string? _identity;
    private bool _hasFailed;
    private bool _isPassedOver;
    private bool _hasBegun;
    private TimeSpan _spacing = Spacing;
    private long _prunedAt = clock.Now;
    private long _confirmedAt = long.MinValue;
    private int _hasWritten;
    private int _isTold;

    /// <summary>Whether all has been told that was committed until a bounded time ago.</summary>
    public bool IsCurrent => IsCurrentAt(CoarseTime.Instance.GetTimestamp());

    /// <param name="now">By <see cref="CoarseTime"/>.</param>
    public bool IsCurrentAt(long now) => Volatile.Read(ref _confirmedAt) is var confirmed && confirmed != long.MinValue && now - confirmed <= _bound;

    /// <summary>Gets or sets a value indicating whether this node hears what it and others tell.</summary>
    public bool IsHeard { get; set; }

    /// <summary>Since the last look that succeeded began; null before the first.</summary>
    public TimeSpan? Age => Volatile.Read(ref _confirmedAt) is var confirmed && confirmed != long.MinValue ? CoarseTime.Instance.GetElapsedTime(confirmed) : null;

    public void Start()
    {
        if (!OwnThread.TryStart("invalidations", Run))
        {
            logger.InvalidationsUnread(table, nameof(OutOfMemoryException));
        }
    }

    /// <summary>Somebody tells that there is something new.</summary>
    public void Look()
    {
        Volatile.Write(ref _isTold, 1);
        _isNeeded.Set();
    }

    /// <summary>This node has written something, and the others are to be told.</summary>
    public void HasWritten()
    {
        if (Interlocked.Exchange(ref _hasWritten, 1) == 0)
        {
            _isNeeded.Set();
        }
    }

    public void Dispose()
    {
        _isEnding.Set();
        _isNeeded.Set();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens, what memory holds is not relied on until a look has succeeded.")]
    private void Run()
    {
        while (!_isEnding.IsSet)
        {
            var began = clock.Now;
            try
            {
                LookOnce();
            }
            catch (Exception error)
            {
                Failed(error);
            }

            _isNeeded.WaitOne(options.PollInterval * (0.75 + (Random.Shared.NextDouble() / 4)));
            if (_spacing - clock.Since(began) is var rest && rest > TimeSpan.Zero)
            {
                _isEnding.Wait(rest);
            }
        }

        log.Rest();
        subscriptions.End();
    }

    private void LookOnce()
    {
        var began = CoarseTime.Instance.GetTimestamp();
        var isTold = Interlocked.Exchange(ref _isTold, 0) != 0;
        if (Interlocked.Exchange(ref _hasWritten, 0) != 0 && log.Announce() && !isTold && IsHeard && Age < options.PollInterval)
        {
            // This node hears it too, and looks then, whatever it writes meanwhile; if it should not, it does not wait for longer than where nobody tells.
            return;
        }

        var news = log.Look(_position);
        telemetry.Looked(news.Lag);
        if (news.Identity is null)
        {
            if (_hasBegun)
            {
                _hasBegun = false;
                throw new SolidCacheException($"Nothing logs the changes of the cache {table}: its owner has switched it off, with solid_cache_log_changes(false).");
            }

            // The next look finds it begun.
            log.BeginEpoch();
            _hasBegun = true;
            Look();
            return;
        }

        _hasBegun = false;

        var isFirst = _position is null && !_isPassedOver;
        var isLost = _isPassedOver || (_position is { } position && (news.IsPruned || news.Identity != _identity || news.IsBefore(position)));
        if (isLost)
        {
            telemetry.MemoryDropped();
            logger.MemoryDropped(
                table,
                _isPassedOver ? "the log of changes could not be read, as where somebody has written what cannot be fetched, and is read from here on"
                : news.IsPruned ? "what was changed is not kept for longer than five minutes"
                : "the log of changes is another one, as after a crash or a failover of the server");
        }

        (_position, _identity, _isPassedOver) = (news.Snapshot, news.Identity, false);

        subscriptions.Tell(isLost ? news with { IsEverything = true } : news);
        Volatile.Write(ref _confirmedAt, began);
        _spacing = Spacing + (SpacingOfAKey * news.Keys.Count) is var spacing && spacing < MostSpacing ? spacing : MostSpacing;
        subscriptions.Seen();
        if (isFirst || _hasFailed)
        {
            _hasFailed = false;
            logger.InvalidationsRead(table);
            subscriptions.Connected(isAgain: !isFirst);
        }

        if (clock.Since(_prunedAt) > BetweenPrunings * (0.5 + Random.Shared.NextDouble()))
        {
            _prunedAt = clock.Now;
            while (log.Prune() && !_isEnding.IsSet)
            {
                // A slice at a time.
            }
        }
    }

    private void Failed(Exception error)
    {
        log.RestAfter(error);
        if (log.IsUnreadable)
        {
            (_position, _isPassedOver) = (null, true);
        }

        if (!_hasFailed)
        {
            _hasFailed = true;
            logger.InvalidationsUnread(table, CacheTelemetry.TypeOf(error));
        }
    }
}
