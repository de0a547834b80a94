namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Lets the writes of one key pass one after the other, in the order in which they came, so that within a process no write overtakes
/// another: a remove that was asked for after a set is executed after it, whichever connection is quicker. Keys do not wait for one another.
/// </summary>
internal sealed class KeyTurns
{
    private readonly Dictionary<string, Turn> _last = new(StringComparer.Ordinal);

    /// <summary>Takes the place behind all who want this key. Wait for it, and end it whatever happens.</summary>
    public Turn Take(string key)
    {
        lock (_last)
        {
            _last.TryGetValue(key, out var before);
            var turn = new Turn(this, key, before?.Ended);
            _last[key] = turn;
            return turn;
        }
    }

    /// <summary>Waits until all turns have ended that are taken now.</summary>
    public Task WhenAllEndedAsync(CancellationToken cancellationToken)
    {
        Task[] ends;
        lock (_last)
        {
            ends = [.. _last.Values.Select(turn => turn.Ended)];
        }

        return Task.WhenAll(ends).WaitAsync(cancellationToken);
    }

    private void Forget(Turn turn)
    {
        lock (_last)
        {
            if (_last[turn.Key] == turn)
            {
                _last.Remove(turn.Key);
            }
        }
    }

    /// <summary>A place in the queue of one key. It knows the end of the turn before and not the turn, or a busy key would keep them all.</summary>
    internal sealed class Turn(KeyTurns turns, string key, Task? before)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Key => key;

        public Task Ended => _ended.Task;

        /// <summary>Waits for the turn. A caller that gives up leaves the queue in order: those behind wait for those before.</summary>
        public async ValueTask WaitAsync(bool async, CancellationToken cancellationToken)
        {
            if (before is null)
            {
                return;
            }

            try
            {
                if (async)
                {
                    await before.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    before.Wait(cancellationToken);
                }
            }
            catch
            {
                _ = before.ContinueWith(
                    static (_, turn) => ((Turn)turn!).End(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                throw;
            }
        }

        public void End()
        {
            turns.Forget(this);
            _ended.SetResult();
        }
    }
}
