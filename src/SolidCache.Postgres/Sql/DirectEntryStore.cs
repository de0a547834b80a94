using System.Buffers;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Sql;

/// <summary>Sends each call as a statement of its own, on a connection of its own.</summary>
internal sealed class DirectEntryStore(ConnectionSource connections, EntryStatements statements, StatisticsReader statistics, CacheTelemetry telemetry, Log log)
    : IEntryStore
{
    public ValueTask<bool> ReadAsync(
        CacheKey key, IBufferWriter<byte> destination, bool slide, bool async, CancellationToken cancellationToken) =>
        ReadAgainAsync(
            (Store: this, key, destination, slide),
            static async (session, call, token) =>
            {
                var (found, touchIsDue) = await call.Store.ReadRowAsync(session, call.key, call.destination, token).ConfigureAwait(false);
                if (touchIsDue && call.slide)
                {
                    await call.Store.TouchAsync(session, call.key, token).ConfigureAwait(false);
                }

                return found;
            },
            async,
            cancellationToken);

    public async ValueTask RefreshAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        try
        {
            telemetry.Touched(await ExecuteAsync(statements.Refresh, [Parameter.Text(key.Stored)], async, cancellationToken).ConfigureAwait(false));
        }
        catch (PostgresException error) when (Failure.MaySkipTouch(error))
        {
            log.TouchSkipped(error.SqlState);
        }
    }

    public async ValueTask WriteAsync(
        CacheKey key, ReadOnlySequence<byte> value, Expiration expiration, bool durable, bool async, CancellationToken cancellationToken)
    {
        using var contiguous = new ContiguousBytes(value);
        await WriteInTimeAsync(
            durable ? statements.DurableWrite : statements.RelaxedWrite,
            [
                Parameter.Text(key.Stored),
                Parameter.BigInt(expiration.AbsoluteMicroseconds ?? 0),
                Parameter.BigInt(expiration.SlidingMicroseconds ?? 0),
                Parameter.Bytes(contiguous.Memory),
            ],
            async,
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask RemoveAsync(CacheKey key, bool async, CancellationToken cancellationToken) =>
        WriteInTimeAsync(statements.Remove, [Parameter.Text(key.Stored)], async, cancellationToken);

    public ValueTask<long> RemoveAsync(IReadOnlyList<KeyRange> ranges, CancellationToken cancellationToken) =>
        connections.RunAsync(
            (statements, ranges),
            static async (session, call, token) =>
            {
                var removed = 0L;
                foreach (var range in call.ranges)
                {
                    removed += await RangeRemoval.RunAsync(session, call.statements, range, token).ConfigureAwait(false);
                }

                return removed;
            },
            async: true,
            cancellationToken);

    public ValueTask<TimeSpan?> GetTimeToLiveAsync(CacheKey key, CancellationToken cancellationToken) =>
        ReadAgainAsync(
            (statements, key),
            static async (session, call, token) =>
            {
                var rows = await session.Prepared(call.statements.TimeToLive, Parameter.Text(call.key.Stored)).QueryAsync(token).ConfigureAwait(false);
                await using (rows.ConfigureAwait(false))
                {
                    return await rows.ReadAsync(token).ConfigureAwait(false)
                        ? rows.BigIntOrNull(0) is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : TimeSpan.MaxValue
                        : default(TimeSpan?);
                }
            },
            async: true,
            cancellationToken);

    public ValueTask<SolidCacheStatistics> GetStatisticsAsync(TimeSpan overdueAfter, CancellationToken cancellationToken) =>
        connections.RunAsync(
            (statistics, overdueAfter),
            static (session, call, token) => call.statistics.ReadAsync(session, call.overdueAfter, token),
            async: true,
            cancellationToken);

    private async ValueTask<(bool Found, bool TouchIsDue)> ReadRowAsync(
        Session session, CacheKey key, IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        var rows = await session.Prepared(statements.Read, Parameter.Text(key.Stored)).QueryAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            if (!await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                return default;
            }

            if (rows.Text(0) != key.Stored)
            {
                throw StatementMixUp.Detected();
            }

            var touchIsDue = rows.Bool(1);
            await rows.CopyBytesAsync(2, destination, cancellationToken).ConfigureAwait(false);
            return (true, touchIsDue);
        }
    }

    /// <summary>The value has been read: what the touch meets (a read-only session, a standby) must not take it from the caller.</summary>
    private async ValueTask TouchAsync(Session session, CacheKey key, CancellationToken cancellationToken)
    {
        try
        {
            telemetry.Touched(await session.Prepared(statements.TouchUnlessLocked, Parameter.Text(key.Stored)).ExecuteAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (NpgsqlException error)
        {
            log.TouchSkipped(error.SqlState);
        }
    }

    private async ValueTask<TResult> ReadAgainAsync<TState, TResult>(
        TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work, bool async, CancellationToken cancellationToken)
    {
        try
        {
            return await connections.RunAsync(state, work, async, cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException error) when (Failure.MayReadAgain(error))
        {
            telemetry.ReadRetried();
            return await connections.RunAsync(state, work, async, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Executes a write, the last parameter of which is its deadline; once more when the server said that it did not, and there is time.</summary>
    private async ValueTask WriteInTimeAsync(string sql, NpgsqlParameter[] parameters, bool async, CancellationToken cancellationToken)
    {
        var call = (sql, parameters, connections, Began: connections.Clock.Now);
        try
        {
            await WriteAsync(call, async, cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException error) when (Failure.MayWriteAgain(error))
        {
            telemetry.WriteRetried();
            await WriteAsync(call, async, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException error) when (error.InnerException is { } server && LateWrite.IsReportedBy(server))
        {
            // Either it was late, or the server has turned its clock: the next look will tell.
            telemetry.WriteRetried();
            connections.Clock.Forget();
            await WriteAsync(call, async, cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<int> WriteAsync(
        (string Sql, NpgsqlParameter[] Parameters, ConnectionSource Connections, long Began) write, bool async, CancellationToken cancellationToken) =>
        connections.RunAsync(
            write,
            static (session, call, token) => session
                .Prepared(call.Sql, [.. call.Parameters, Parameter.BigInt(call.Connections.DeadlineOf(call.Began))])
                .ExecuteAsync(token),
            async,
            cancellationToken);

    private ValueTask<int> ExecuteAsync(string sql, NpgsqlParameter[] parameters, bool async, CancellationToken cancellationToken) =>
        connections.RunAsync(
            (sql, parameters),
            static (session, call, token) => session.Prepared(call.sql, call.parameters).ExecuteAsync(token),
            async,
            cancellationToken);
}
