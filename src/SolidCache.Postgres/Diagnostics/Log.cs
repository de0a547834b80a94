using Microsoft.Extensions.Logging;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>All that the library logs, in the category <c>SolidCache.Postgres</c>. Never a key, a value or a connection string.</summary>
internal sealed partial class Log(ILoggerFactory loggers)
{
    private readonly QuietLogger _logger = new(loggers.CreateLogger("SolidCache.Postgres"));

    [LoggerMessage(100, LogLevel.Information, "The schema of the cache {Table} was made, or brought to version {Version}.", EventName = "schema_migrated")]
    public partial void SchemaMigrated(TableName table, int version);

    [LoggerMessage(101, LogLevel.Warning, "The schema of the cache {Table} could not be checked yet; trying again every {RetrySeconds} seconds, and telling this reason again after ten minutes: {Reason}", EventName = "schema_unchecked")]
    public partial void SchemaUnchecked(TableName table, double retrySeconds, string reason);

    [LoggerMessage(102, LogLevel.Warning, "The application {Application} uses the table of the cache {Table} without a key prefix, as {Other} did before. Unless both cache the same under the same keys, they overwrite each other's entries: give each a KeyPrefix or a TableName of its own. Applications that share entries on purpose have one KeyPrefix, and are told nothing.", EventName = "table_shared")]
    public partial void TableShared(TableName table, string other, string application);

    [LoggerMessage(103, LogLevel.Warning, "The index of the tags of the cache {Table} could not be made; the next start tries again. Removals by tag are slow without it: {Reason}", EventName = "tags_not_indexed")]
    public partial void TagsNotIndexed(TableName table, string reason);

    [LoggerMessage(200, LogLevel.Warning, "A connection pooler stands before the cache {Table}: its statements are not prepared. If the pooler keeps prepared statements apart by client, set PoolerSupportsPreparedStatements.", EventName = "pooler_detected")]
    public partial void PoolerDetected(TableName table);

    [LoggerMessage(201, LogLevel.Debug, "A sliding expiration was not extended (SQLSTATE {SqlState}).", EventName = "touch_skipped")]
    public partial void TouchSkipped(string? sqlState);

    [LoggerMessage(202, LogLevel.Warning, "breaker_opened: the {Kind} of the cache {Table} are refused until its server answers again. It failed with {ErrorType}.", EventName = "breaker_opened")]
    public partial void BreakerOpened(TableName table, string kind, string errorType);

    [LoggerMessage(203, LogLevel.Information, "breaker_closed: the {Kind} of the cache {Table} pass again.", EventName = "breaker_closed")]
    public partial void BreakerClosed(TableName table, string kind);

    [LoggerMessage(204, LogLevel.Error, "A batch of the cache {Table} ended with an error that is not the server's; the next goes on.", EventName = "batch_failed")]
    public partial void BatchFailed(Exception error, TableName table);

    [LoggerMessage(205, LogLevel.Warning, "A value could not be made anew in the background. The old one is served for as long as it may be.", EventName = "refresh_failed")]
    public partial void RefreshFailed(Exception error);

    [LoggerMessage(206, LogLevel.Warning, "A value of {Bytes} bytes was made and not stored: MaxValueBytes allows {MaxValueBytes}.", EventName = "value_too_large")]
    public partial void ValueTooLarge(int bytes, int maxValueBytes);

    [LoggerMessage(207, LogLevel.Warning, "A value was made and could not be stored: {ErrorType}.", EventName = "fill_failed")]
    public partial void FillFailed(string errorType);

    [LoggerMessage(208, LogLevel.Warning, "The cache {Table} holds a value of more than the {MaxValueBytes} bytes that it stores itself (MaxValueBytes), or a compressed one that is damaged or of a later version. Somebody else has written it, or a node that allows more: its key is read as a miss. Not told again within ten minutes.", EventName = "foreign_value")]
    public partial void ForeignValue(TableName table, int maxValueBytes);

    [LoggerMessage(209, LogLevel.Warning, "A value was not cached: it is null and its serializer does not write that, or it has more than {MaxValueBytes} bytes (MaximumPayloadBytes). What was cached before was removed.", EventName = "not_cached")]
    public partial void NotCached(int maxValueBytes);

    [LoggerMessage(210, LogLevel.Warning, "A cached value could not be deserialized ({ErrorType}), and is made anew.", EventName = "not_deserialized")]
    public partial void NotDeserialized(string errorType);

    [LoggerMessage(300, LogLevel.Information, "cache_cleanup_started - interval_seconds={IntervalSeconds}, cache {Table}", EventName = "cache_cleanup_started")]
    public partial void CleanupStarted(TableName table, double intervalSeconds);

    [LoggerMessage(301, LogLevel.Information, "cache_cleanup_executed - deleted_count={DeletedCount}, cache {Table}, {ElapsedSeconds} seconds", EventName = "cache_cleanup_executed")]
    public partial void CleanupExecuted(TableName table, long deletedCount, double elapsedSeconds);

    [LoggerMessage(302, LogLevel.Information, "cache_cleanup_stopped - cache {Table}", EventName = "cache_cleanup_stopped")]
    public partial void CleanupStopped(TableName table);

    [LoggerMessage(303, LogLevel.Debug, "cache_cleanup_skipped - {Reason}, cache {Table}", EventName = "cache_cleanup_skipped")]
    public partial void CleanupSkipped(TableName table, string reason);

    [LoggerMessage(304, LogLevel.Error, "cache_cleanup_failed - cache {Table}, trying again in {RetrySeconds} seconds: {Reason}", EventName = "cache_cleanup_failed")]
    public partial void CleanupFailed(Exception? error, TableName table, double retrySeconds, string reason);

    [LoggerMessage(500, LogLevel.Information, "What other nodes change in the cache {Table} is known.", EventName = "invalidations_read")]
    public partial void InvalidationsRead(TableName table);

    [LoggerMessage(501, LogLevel.Warning, "What other nodes change in the cache {Table} is not known ({ErrorType}): what this one remembers is not relied on for longer than MaxStaleness. It is tried again.", EventName = "invalidations_unread")]
    public partial void InvalidationsUnread(TableName table, string errorType);

    [LoggerMessage(502, LogLevel.Warning, "All that this node remembers of the cache {Table} was dropped: {Reason}.", EventName = "memory_dropped")]
    public partial void MemoryDropped(TableName table, string reason);

    [LoggerMessage(503, LogLevel.Information, "Changes of the cache {Table} are heard as they are made.", EventName = "listener_ready")]
    public partial void Listening(TableName table);

    [LoggerMessage(504, LogLevel.Warning, "Changes of the cache {Table} are not heard as they are made ({Reason}), and seen within the PollInterval. It is tried again; behind a pooler, set Invalidation.ListenerConnectionString to the server itself.", EventName = "listener_deaf")]
    public partial void NotListening(TableName table, string reason);

    [LoggerMessage(505, LogLevel.Error, "A handler of invalidations failed; the next is called all the same.", EventName = "invalidation_handler_failed")]
    public partial void HandlerFailed(Exception error);

    [LoggerMessage(400, LogLevel.Information, "cache_warmed: {Warmer} filled the cache in {ElapsedSeconds} seconds.", EventName = "cache_warmed")]
    public partial void CacheWarmed(string warmer, double elapsedSeconds);

    [LoggerMessage(401, LogLevel.Warning, "{Warmer} could not fill the cache; trying again in {RetrySeconds} seconds.", EventName = "cache_warming_failed")]
    public partial void CacheWarmingFailed(Exception error, string warmer, double retrySeconds);
}
