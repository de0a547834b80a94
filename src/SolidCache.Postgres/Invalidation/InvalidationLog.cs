using System.Globalization;
using Npgsql;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Invalidation;

/// <summary>The log of changes as one node reads it, on a connection that is kept; and what goes beside that, one at a time.</summary>
internal sealed class InvalidationLog
{
    /// <summary>Looks in a row that fail of themselves, after which what they look at is passed over.</summary>
    private const int MostFailures = 3;

    private readonly InvalidationStatements _statements;
    private readonly SideWork _publishing;
    private readonly LaneSession _session;
    private readonly NpgsqlParameter<string> _since = Parameter.Text();
    private readonly LaneStatement _look;
    private readonly LaneStatement _announce;
    private int _failures;

    public InvalidationLog(ConnectionSource connections, InvalidationStatements statements, string channel, SideWork publishing, CallClock clock)
    {
        (_statements, _publishing) = (statements, publishing);
        _session = new(connections);
        _look = new(clock, _statements.Look, _since);
        _announce = new(clock, _statements.Announce, Parameter.Text(channel));
    }

    /// <summary>Whether one look after the other fails for what it looks at, and not for a connection that is gone: as where somebody has written more than it can fetch.</summary>
    public bool IsUnreadable => _failures >= MostFailures;

    /// <summary>What has changed since a snapshot; where there is none, nothing has.</summary>
    public News Look(string? since)
    {
        var session = _session.Get();
        try
        {
            var news = Look(session, since);
            _failures = 0;
            return news;
        }
        catch (Exception error)
        {
            // Not asked in a condition of the catch, which is looked at before the reader is closed.
            if (error is NpgsqlException ? session.IsUnbroken : !ServerErrors.IsOutage(error))
            {
                _failures++;
            }

            throw;
        }
    }

    private News Look(Session session, string? since)
    {
        // A snapshot in which everything has been seen.
        _since.TypedValue = since ?? "9223372036854775807:9223372036854775807:";
        var (snapshot, identity, isPruned, isEverything, lag) = ("", default(string), false, false, default(TimeSpan?));
        List<string> keys = [], tags = [];
        List<(string, byte[])> messages = [];
        using var rows = _look.Query(session);
        while (rows.Read())
        {
            switch (rows.Text(0))
            {
                case InvalidationStatements.Position:
                    (snapshot, identity) = (rows.Text(1), rows.TextOrNull(2));
                    break;
                case InvalidationStatements.Pruned:
                    isPruned = true;
                    break;
                case InvalidationStatements.Everything:
                    isEverything = true;
                    break;
                case InvalidationStatements.Change when rows.TextOrNull(1) is { } channel:
                    messages.Add((channel, rows.Bytes(3)));
                    break;
                case InvalidationStatements.Change:
                    isEverything |= rows.IsNull(4) && rows.IsNull(5);
                    keys.AddRange(rows.Texts(4));
                    tags.AddRange(rows.Texts(5));
                    break;
                default:
                    lag = TimeSpan.FromMicroseconds(long.Parse(rows.Text(1), CultureInfo.InvariantCulture));
                    break;
            }
        }

        return new(snapshot, identity, isPruned && since is not null, isEverything, keys, tags, messages, lag);
    }

    /// <summary>Tells the nodes that listen to look.</summary>
    /// <returns>Whether it was told: a queue of notifications that somebody has filled, or keeps locked, takes none, and those who would hear it look by themselves.</returns>
    public bool Announce()
    {
        try
        {
            using var rows = _announce.Query(_session.Get());
            rows.Read();
            return true;
        }
        catch (PostgresException error) when (IsOfFullQueue(error) || ServerErrors.IsLocked(error))
        {
            RestAfter(error);
            return false;
        }
    }

    /// <summary>Whether the server's queue of notifications is full.</summary>
    public static bool IsOfFullQueue(PostgresException error) => error.SqlState == PostgresErrorCodes.ProgramLimitExceeded;

    /// <summary>Begins a log that a crash or somebody has emptied, or that was never read.</summary>
    public void BeginEpoch() => _session.Get().Execute(_statements.BeginEpoch);

    /// <summary>Deletes some of what no node needs any more.</summary>
    /// <returns>Whether there may be more.</returns>
    public bool Prune()
    {
        _session.Get().Execute(_statements.Mark);
        return _session.Get().Execute(_statements.Prune) > 0;
    }

    public void RestAfter(Exception error)
    {
        _session.RestAfter(error);
        _session.Rest();
    }

    public void Rest() => _session.Rest();

    /// <summary>Has every node drop all that it remembers.</summary>
    public Task PublishEverythingAsync(CancellationToken cancellationToken) => _publishing.RunAsync(
        session => session.Execute(_statements.PublishEverything), cancellationToken);
}
