namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// How far away the server is, told by the quickest of the last small batches of reads and writes: where even that took far longer than it can cost, lanes wait for the network rather than
/// for the server, and more of them may be under way.
/// </summary>
/// <param name="spares">How many lanes reads and writes may have together, beyond those of their own.</param>
internal sealed class Distance(int spares)
{
    /// <summary>The quickest of so many counts, and of as many before.</summary>
    public const int Batches = 128;

    /// <summary>What a large batch takes tells of its rows, and of processors.</summary>
    private const int SmallBatch = 4;

    /// <summary>Three times what a small batch costs, about.</summary>
    private static readonly TimeSpan Near = TimeSpan.FromMicroseconds(300);

    private const int MostSpares = 4;

    /// <summary>Each duty beside the lanes has one connection (docs/reliability.md).</summary>
    private const int BesideLanes = 6;

    /// <summary>One that reads the log of changes, one that listens, and one that publishes messages (docs/hybrid.md).</summary>
    private const int OfInvalidation = 3;

    private readonly Lock _gate = new();
    private TimeSpan _quickestBefore;
    private TimeSpan _quickest = TimeSpan.MaxValue;
    private int _seen;
    private int _taken;
    private volatile bool _isFar;

    /// <summary>Gets how many lanes reads and writes may have together, beyond those of their own.</summary>
    public int Spares => spares;

    /// <summary>Gets a value indicating whether the network is what lanes wait for, and there are spare ones for it.</summary>
    public bool IsFar => _isFar;

    /// <summary>Four more than the options say; none if they say one, which is to be one; and no pool gets too small for what goes beside the lanes.</summary>
    public static int SparesOf(int reads, int writes, int pool, bool isToldChanges) => Math.Min(reads, writes) > 1
        ? Math.Clamp(pool - reads - writes - BesideLanes - (isToldChanges ? OfInvalidation : 0), 0, MostSpares)
        : 0;

    /// <param name="took">A batch, from its departure to its answer.</param>
    /// <param name="rows">How many it had.</param>
    public void Saw(TimeSpan took, int rows)
    {
        if (rows > SmallBatch)
        {
            return;
        }

        lock (_gate)
        {
            _quickest = took < _quickest ? took : _quickest;
            if (++_seen % Batches == 0)
            {
                (_quickestBefore, _quickest) = (_quickest, TimeSpan.MaxValue);
            }

            _isFar = Spares > 0 && _quickest > Near && _quickestBefore > Near;
        }
    }

    /// <returns>Whether there may be another lane, which is to be given back.</returns>
    public bool TryTakeSpare()
    {
        lock (_gate)
        {
            var isThere = _isFar && _taken < spares;
            _taken += isThere ? 1 : 0;
            return isThere;
        }
    }

    public void ReturnSpare()
    {
        lock (_gate)
        {
            _taken--;
        }
    }
}
