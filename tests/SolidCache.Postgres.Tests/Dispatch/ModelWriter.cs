using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Writes numbers to the model's server: well, with an error, with an answer that is lost, or beside the lanes.</summary>
internal sealed class ModelWriter(ModelServer server, StoreParts parts, Random random) : IBatchExecutor<KeyWrite>
{
    /// <summary>Until when a row in doubt may take effect, and how long the queue waits beyond: a change may be checked in time and made a little later.</summary>
    private static readonly TimeSpan MostDoubt = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Commits = TimeSpan.FromMilliseconds(30);

    public void Execute(List<KeyWrite> batch)
    {
        if (batch.Exists(write => write.Kind != batch[0].Kind))
        {
            server.Faults.Enqueue("A batch of several kinds.");
        }

        if (batch[0].Kind == WriteKind.Touch)
        {
            server.Pass(random);
            parts.Writes.End(batch, server.Fails(random) ? static () => new IOException("A touch failed.") : null);
            return;
        }

        batch.ForEach(write => server.Begin(write.Winner.Key.Stored));
        server.Pass(random);
        if (server.Fails(random))
        {
            throw new IOException("A batch failed.");
        }

        if (server.Fails(random))
        {
            LoseAnswer(batch);
        }
        else if (server.Fails(random))
        {
            GoBeside([.. batch]);
            parts.Writes.Stray(batch);
        }
        else
        {
            End(batch, Change(batch));
        }
    }

    public void Fail(List<KeyWrite> batch, Exception error) => End(batch, () => error);

    public void GiveUp(List<KeyWrite> batch) => parts.Writes.Abandon(batch);

    public void Rest() => server.Pass(random);

    private static List<(string Key, int? Number)> Rows(List<KeyWrite> writes) =>
        writes.ConvertAll(write => (write.Winner.Key.Stored, write.Kind == WriteKind.Remove ? default(int?) : BitConverter.ToInt32(write.Winner.Value.Span)));

    private static long Oldest(List<KeyWrite> writes) => writes.Min(write => write.Began);

    private Func<Exception>? Change(List<KeyWrite> writes)
    {
        var rows = Rows(writes);
        var isInTime = server.Change(rows, parts.Clock, Oldest(writes));
        server.Pass(random);
        if (!rows.SequenceEqual(Rows(writes)))
        {
            server.Faults.Enqueue("The memory of a value was given away while it was under way.");
        }

        return isInTime ? null : static () => new TimeoutException("It came too late.");
    }

    private void End(List<KeyWrite> batch, Func<Exception>? error)
    {
        batch.ForEach(write => server.End(write.Winner.Key.Stored));
        parts.Writes.End(batch, error);
    }

    /// <summary>The batch takes effect later, or never; and the queue is told when that is settled, or must know by the time.</summary>
    private void LoseAnswer(List<KeyWrite> batch)
    {
        var (rows, oldest, takesEffect, tells) = (Rows(batch), Oldest(batch), random.Next(2) == 0, random.Next(2) == 0);
        var (until, released) = tells ? (long.MaxValue, long.MaxValue) : (In(MostDoubt), In(MostDoubt + Commits));
        if (!tells)
        {
            // Nobody knows it any more but by the time.
            rows.ForEach(row => server.End(row.Key));
        }

        var hold = parts.Writes.EndInDoubt(batch, static () => new IOException("An answer was lost."), released);
        OwnThread.TryStart("doubt", () =>
        {
            Thread.Yield();
            if (takesEffect)
            {
                server.Change(rows, parts.Clock, oldest, until);
            }

            if (tells)
            {
                rows.ForEach(row => server.End(row.Key));
                parts.Writes.Release(hold);
                parts.WakeWriters();
            }
        });

        long In(TimeSpan time) => parts.Clock.Now + (long)(time.TotalSeconds * TimeProvider.System.TimestampFrequency);
    }

    /// <summary>As rows do that others have locked.</summary>
    private void GoBeside(List<KeyWrite> rows) => OwnThread.TryStart("beside", () =>
    {
        foreach (var row in rows)
        {
            Thread.Yield();
            List<KeyWrite> one = [row];
            var error = Change(one);
            server.End(row.Winner.Key.Stored);
            parts.Writes.End(one, error);
            parts.WakeWriters();
        }
    });
}
