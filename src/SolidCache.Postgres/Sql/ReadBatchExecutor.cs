using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>Executes batches of reads: one as a one-row statement, many as one statement that fetches each key once.</summary>
internal sealed class ReadBatchExecutor(ConnectionSource connections, EntryStatements statements) : IBatchExecutor<ReadRequest>
{
    private readonly LaneSession _session = new(connections);
    private readonly Dictionary<string, ReadRequest> _requests = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    public async Task ExecuteAsync(List<ReadRequest> batch)
    {
        try
        {
            await ReadAsync(await _session.GetAsync().ConfigureAwait(false), batch).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await _session.RestAsync().ConfigureAwait(false);
            var explained = connections.Explained(error);
            foreach (var request in batch)
            {
                request.Fail(explained);
            }
        }
        finally
        {
            _requests.Clear();
            _keys.Clear();
        }
    }

    public Task RestAsync() => _session.RestAsync();

    private async ValueTask ReadAsync(Session session, List<ReadRequest> batch)
    {
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

        var call = _keys.Count == 1
            ? session.Prepared(statements.Read, Parameter.Text(_keys[0]))
            : session.Prepared(statements.ReadMany, Parameter.Texts(_keys));
        var rows = await call.QueryBufferedAsync(CancellationToken.None).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            while (await rows.ReadAsync(CancellationToken.None).ConfigureAwait(false))
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
