namespace SolidCache.Postgres.Dispatch;

/// <summary>Connections to a distant server that reads and writes may take beyond those of their own. What one has of its own the other does not take while it is in use.</summary>
/// <param name="most">Of all lanes together.</param>
internal sealed class SpareLanes(int most)
{
    private const int Spare = 4;

    /// <summary>Each duty beside the lanes has one connection (docs/reliability.md).</summary>
    private const int BesideLanes = 6;

    private readonly Lock _gate = new();
    private int _own;
    private int _taken;

    /// <summary>Gets how many could be taken; a hint that may be out of date at once.</summary>
    public int Free => Math.Max(0, most - _own - _taken);

    /// <summary>Gets a value indicating whether whoever has one should give it back.</summary>
    public bool AreTooMany => _taken > 0 && _own + _taken > most;

    /// <summary>How many lanes there may be in all: four more than the options say. No spare ones if they say one, which is to be one; and no pool gets too small for what goes beside the lanes.</summary>
    public static int MostOf(int reads, int writes, int pool) =>
        Math.Min(reads, writes) > 1 ? Math.Min(reads + writes + Spare, pool - BesideLanes) : 0;

    /// <summary>Lanes with so many connections of their own begin, or have ended, their work.</summary>
    public void Reserve(int own)
    {
        lock (_gate)
        {
            _own += own;
        }
    }

    public bool TryTake()
    {
        lock (_gate)
        {
            var isFree = _own + _taken < most;
            _taken += isFree ? 1 : 0;
            return isFree;
        }
    }

    public void Return()
    {
        lock (_gate)
        {
            _taken--;
        }
    }
}
