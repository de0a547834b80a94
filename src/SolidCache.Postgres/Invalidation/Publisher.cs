using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Invalidation;

/// <summary>
/// Messages on their way into the log. Those that come while others are being sent go together, in one statement, on a thread of the cache's own: a thousand callers wait for a few
/// commits, and a synchronous one for no thread of the pool.
/// </summary>
internal sealed class Publisher(SideWork work, string statement, Action announce, CallClock clock, TableName table)
{
    private const int MostTogether = 1_000;
    private const int MostBytesTogether = 1024 * 1024;
    private readonly Lock _gate = new();
    private readonly Queue<Publication> _waiting = [];
    private bool _isSending;

    /// <summary>Complete when the message is committed. What its caller has given up is not sent any more, if it has not been.</summary>
    public async ValueTask PublishAsync(string channel, byte[] message, bool async, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var withdrawal = cancellationToken.UnsafeRegister(static (end, token) => ((TaskCompletionSource)end!).TrySetCanceled(token), end);
        Enqueue(new(channel, message, end));
        if (async)
        {
            await end.Task.WaitAsync(clock.Limit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else
        {
            ((IAsyncResult)end.Task).AsyncWaitHandle.WaitOne(clock.Limit);
        }

        end.TrySetException(clock.OutOfTime());
        await end.Task.ConfigureAwait(false);
    }

    private void Enqueue(Publication one)
    {
        lock (_gate)
        {
            _waiting.Enqueue(one);
            if (_isSending)
            {
                return;
            }

            _isSending = true;
        }

        if (!OwnThread.TryStart("publication", SendAll))
        {
            while (Take() is { Count: > 0 } batch)
            {
                Fail(batch, OwnThread.NoneLeft());
            }
        }
    }

    private void SendAll()
    {
        while (Take() is { Count: > 0 } batch)
        {
            Send(batch);
        }
    }

    /// <returns>The next ones; none when nobody waits, and whoever comes then begins anew.</returns>
    private List<Publication> Take()
    {
        lock (_gate)
        {
            var (batch, bytes) = (new List<Publication>(), 0);
            while (batch.Count < MostTogether && _waiting.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Message.Length <= MostBytesTogether))
            {
                _waiting.Dequeue();
                if (!next.End.Task.IsCompleted)
                {
                    batch.Add(next);
                    bytes += next.Message.Length;
                }
            }

            _isSending = batch.Count > 0;
            return batch;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The error is that of its callers.")]
    private void Send(List<Publication> batch)
    {
        try
        {
            List<string> channels = [.. batch.Select(static one => one.Channel)];
            List<ReadOnlyMemory<byte>> messages = [.. batch.Select(static one => (ReadOnlyMemory<byte>)one.Message)];
            work.Run(clock.Limit, session => session.Execute(statement, Parameter.Texts(channels), Parameter.BytesOfMany(messages)));
            foreach (var one in batch)
            {
                one.End.TrySetResult();
            }
        }
        catch (Exception error)
        {
            Fail(batch, error);
        }
        finally
        {
            announce();
        }
    }

    private void Fail(List<Publication> batch, Exception error)
    {
        var cause = error is Outage outage ? outage.Cause : error;
        foreach (var one in batch)
        {
            one.End.TrySetException(ErrorCopy.Of(cause, table));
        }
    }

    private readonly record struct Publication(string Channel, byte[] Message, TaskCompletionSource End);
}
