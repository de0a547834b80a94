using System.Diagnostics.CodeAnalysis;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Sql;

/// <summary>Executes batches of reads: one as a one-row statement, many as one statement that fetches each key once.</summary>
internal sealed class ReadBatchExecutor : IBatchExecutor<ReadRequest>
{
    private readonly ConnectionSource _connections;
    private readonly ReadQueue _queue;
    private readonly CacheTelemetry _telemetry;
    private readonly LaneSession _session;
    private readonly LaneStatement _one;
    private readonly LaneStatement _many;
    private readonly NpgsqlParameter<string> _key = Parameter.Text();
    private readonly List<string> _keys = [];
    private readonly Dictionary<string, ReadRequest> _requests = new(StringComparer.Ordinal);

    public ReadBatchExecutor(ConnectionSource connections, EntryStatements statements, ReadQueue queue, CacheTelemetry telemetry)
    {
        (_connections, _queue, _telemetry) = (connections, queue, telemetry);
        _session = new(connections);
        _one = new(statements.Read, _key);
        _many = new(statements.ReadMany, Parameter.Texts(_keys));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    public async Task ExecuteAsync(List<ReadRequest> batch)
    {
        try
        {
            try
            {
                await SendAsync(batch).ConfigureAwait(false);
            }
            catch (NpgsqlException error) when (Failure.MayReadAgain(error))
            {
                _telemetry.ReadRetried();
                await _session.RestAsync().ConfigureAwait(false);
                await SendAsync(batch).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            await _session.RestAsync().ConfigureAwait(false);
            var explained = _connections.Explained(error);
            foreach (var request in batch)
            {
                request.Fail(explained);
            }
        }
        finally
        {
            _requests.Clear();
            _keys.Clear();
            _queue.End(batch);
            foreach (var request in batch)
            {
                request.Release();
            }
        }
    }

    public void GiveUp() => _session.GiveUp();

    public Task RestAsync() => _session.RestAsync();

    private async ValueTask SendAsync(List<ReadRequest> batch)
    {
        Collect(batch);
        var session = await _session.GetAsync().ConfigureAwait(false);
        await session.RunAsync(this, static (session, executor, _) => executor.ReadAsync(session), _session.Token).ConfigureAwait(false);
    }

    private void Collect(List<ReadRequest> batch)
    {
        _requests.Clear();
        _keys.Clear();
        foreach (var request in batch)
        {
            var key = request.Key.Stored;
            request.Twin = _requests.GetValueOrDefault(key);
            _requests[key] = request;
            if (request.Twin is null)
            {
                _keys.Add(key);
            }
        }
    }

    private async ValueTask<bool> ReadAsync(Session session)
    {
        _key.TypedValue = _keys[0];
        var rows = await (_keys.Count == 1 ? _one : _many).QueryAsync(session, _session.Token).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            while (await rows.ReadAsync(_session.Token).ConfigureAwait(false))
            {
                if (!_requests.Remove(rows.Text(0), out var request))
                {
                    throw StatementMixUp.Detected();
                }

                Answer(request, rows.Value(2, rows.Bool(1)));
            }
        }

        foreach (var missing in _requests.Values)
        {
            Answer(missing, default);
        }

        return true;
    }

    private static void Answer(ReadRequest first, ReadValue value)
    {
        // The twins first: the memory of the value itself goes to the one that is answered last.
        for (var twin = first.Twin; twin is not null; twin = twin.Twin)
        {
            Complete(twin, value.IsHit ? value.Copy() : value);
        }

        Complete(first, value);
    }

    private static void Complete(ReadRequest request, ReadValue value)
    {
        if (!request.Complete(value))
        {
            value.Return();
        }
    }
}
