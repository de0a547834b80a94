using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Invalidation;

/// <summary>
/// A connection on which the server tells that something has changed: a hint, without which the log is read less often. It proves by notifications of its own
/// that it hears, since a pooler in between takes the request and never delivers anything.
/// </summary>
[SuppressMessage("Usage", "CA2213", Justification = "Its thread may wait for it still.")]
internal sealed class InvalidationListener(NpgsqlDataSource source, string channel, InvalidationReader reader, CallClock clock, CacheTelemetry telemetry, TableName table, Log log)
    : IDisposable
{
    private const string Mark = "/* solid_cache:listen */ ";
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenProofs = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProofLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private readonly string _proof = Guid.NewGuid().ToString("N");
    private readonly ManualResetEventSlim _isEnding = new();
    private bool _isToldDeaf;

    /// <summary>The backend whose <c>LISTEN</c> was not answered in time; 0 when the last was.</summary>
    private int _leftBehind;

    /// <summary>Gets a value indicating whether it hears what others tell.</summary>
    public bool IsListening { get; private set; }

    public void Start() => OwnThread.TryStart("listener", Run);

    public void Dispose() => _isEnding.Set();

    [SuppressMessage("Design", "CA1031", Justification = "The log is read without it too.")]
    private void Run()
    {
        for (var pause = FirstPause; !_isEnding.IsSet; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                Listen(() => pause = FirstPause);
            }
            catch (Exception error)
            {
                Lost(CacheTelemetry.TypeOf(error));
            }

            (IsListening, reader.IsHeard) = (false, false);
            _isEnding.Wait(pause * (0.5 + Random.Shared.NextDouble()));
        }
    }

    private void Listen(Action heard)
    {
        using var connection = source.CreateConnection();
        connection.Open();
        try
        {
            if (IsAnyLeftBehind(connection))
            {
                return;
            }

            var isProven = false;
            connection.Notification += (_, told) =>
            {
                if (told.Payload.Length == 0)
                {
                    reader.Look();
                }
                else if (told.Payload == _proof)
                {
                    isProven = true;
                }
            };
            _leftBehind = connection.ProcessID;
            Execute(connection, $"LISTEN {channel}");
            _leftBehind = 0;
            var direct = IsDirect(connection) ? connection : null;
            var (isAsked, askedAt) = (Ask(direct), clock.Now);
            while (!_isEnding.IsSet)
            {
                connection.Wait(Slice);
                if (isProven && !IsListening)
                {
                    (IsListening, reader.IsHeard) = (true, true);
                    heard();
                    log.Listening(table);
                    // What was told before it listened.
                    reader.Look();
                }

                if (isAsked && !isProven && clock.Since(askedAt) > ProofLimit)
                {
                    Lost("no notification arrives, as behind a pooler");
                    return;
                }

                if ((isProven || !isAsked) && clock.Since(askedAt) > BetweenProofs)
                {
                    isProven = false;
                    (isAsked, askedAt) = (Ask(direct), clock.Now);
                }
            }
        }
        finally
        {
            Leave(connection);
        }
    }

    /// <summary>
    /// Whether a backend still reads the server's queue of notifications for us, which on a full one takes it half a minute and longer, in which nothing ends it: each more of them would
    /// keep the queue full, and take a connection. Not this one, which the pool may hand out again where LISTEN was refused, as by a standby.
    /// </summary>
    private bool IsAnyLeftBehind(NpgsqlConnection connection)
    {
        if (_leftBehind == 0)
        {
            return false;
        }

        using var command = Statement(
            connection, string.Create(CultureInfo.InvariantCulture, $"SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE pid = {_leftBehind} AND pid <> pg_catalog.pg_backend_pid() AND pg_catalog.starts_with(query, '{Mark}'::text))"));
        return (bool)command.ExecuteScalar()!;
    }

    private static bool IsDirect(NpgsqlConnection connection)
    {
        using var command = Statement(connection, "SELECT pg_catalog.pg_backend_pid()");
        return (int)command.ExecuteScalar()! == connection.ProcessID;
    }

    /// <summary>
    /// Asks for a notification of its own. Behind a pooler on a connection of somebody else's: one that hands its own on from transaction to transaction delivers to whoever has it just
    /// then, and who both listens and tells on the same one would hear himself and nobody else.
    /// </summary>
    /// <param name="direct">The connection that listens; null behind a pooler.</param>
    /// <returns>False where the server's queue is full: what is in it is heard, and nobody can tell more.</returns>
    private bool Ask(NpgsqlConnection? direct)
    {
        try
        {
            using var other = direct is null ? source.OpenConnection() : null;
            Execute(direct ?? other!, $"SELECT pg_catalog.pg_notify('{channel}', '{_proof}')");
            return true;
        }
        catch (PostgresException error) when (InvalidationLog.IsOfFullQueue(error))
        {
            Lost("the server's queue of notifications is full");
            (IsListening, reader.IsHeard) = (false, false);
            return false;
        }
    }

    /// <summary>A pool would hand it on as it is.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "It is broken, and no pool keeps it.")]
    private static void Leave(NpgsqlConnection connection)
    {
        try
        {
            Execute(connection, "UNLISTEN *");
        }
        catch (Exception)
        {
            // Nothing to leave.
        }
    }

    private void Lost(string reason)
    {
        if (IsListening || !_isToldDeaf)
        {
            _isToldDeaf = true;
            log.NotListening(table, reason);
        }

        if (IsListening)
        {
            telemetry.ListenerLost();
        }
    }

    private static void Execute(NpgsqlConnection connection, string statement)
    {
        using var command = Statement(connection, statement);
        command.ExecuteNonQuery();
    }

    private static NpgsqlCommand Statement(NpgsqlConnection connection, string statement) => new(Mark + statement, connection) { CommandTimeout = (int)ProofLimit.TotalSeconds };
}
