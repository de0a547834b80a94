namespace SolidCache.Postgres.Dispatch;

/// <summary>Whether the server is so far away that lanes wait for the network rather than for it: told by how long batches of reads and writes take that ask little of it.</summary>
internal sealed class Distance
{
    /// <summary>A batch costs the server about as much as eight rows do, whatever its size.</summary>
    private const int RowsOfABatch = 8;

    /// <summary>As many must agree, since any may have waited for a processor or a lock.</summary>
    private const int Batches = 64;

    /// <summary>Twice what a batch costs without its rows, at most.</summary>
    private static readonly TimeSpan Near = TimeSpan.FromMicroseconds(200);

    private readonly Lock _gate = new();
    private readonly TimeSpan[] _fixedParts = new TimeSpan[Batches];
    private long _seen;
    private volatile bool _isFar;

    /// <summary>Gets a value indicating whether the network is what lanes wait for.</summary>
    public bool IsFar => _isFar;

    /// <param name="took">From its departure to its answer.</param>
    /// <param name="rows">What it asked of the server, in small rows; 0 if that is not known, so that its time tells nothing.</param>
    public void Saw(TimeSpan took, int rows)
    {
        if (rows == 0)
        {
            return;
        }

        lock (_gate)
        {
            _fixedParts[_seen++ % Batches] = took * RowsOfABatch / (RowsOfABatch + rows);
            _isFar = _fixedParts.Min() >= Near;
        }
    }
}
