namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The lines whose last row was sent and not answered: it may take effect still, so that no later write of those keys may go before that has become
/// impossible. Guarded by the queue's lock.
/// </summary>
internal sealed class WriteHolds(KeyLines lines)
{
    private readonly List<WriteHold> _holds = [];

    /// <param name="batch">Its lines stay under way.</param>
    /// <param name="until">From which timestamp on the rows cannot take effect, if that is known.</param>
    public WriteHold Add(List<KeyWrite> batch, long until)
    {
        var hold = new WriteHold([.. batch.Select(static write => write.Line).OfType<KeyLine>().Where(static line => !line.IsOrphan)], until);
        foreach (var line in hold.Lines)
        {
            line.IsInDoubt = true;
        }

        _holds.Add(hold);
        return hold;
    }

    public void EndThoseUntil(long now)
    {
        foreach (var hold in _holds.FindAll(hold => hold.Until <= now))
        {
            _holds.Remove(hold);
            foreach (var line in hold.Lines)
            {
                lines.End(line);
            }
        }
    }
}
