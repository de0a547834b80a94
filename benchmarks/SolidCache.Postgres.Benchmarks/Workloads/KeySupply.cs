namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Hands out keys: at random for ever, or each once, for calls that need an entry that is still there.</summary>
internal sealed class KeySupply
{
    private readonly string[] _keys;
    private readonly bool _eachOnce;
    private int _taken;

    public KeySupply(string[] keys, bool eachOnce)
    {
        _eachOnce = eachOnce;
        _keys = keys;
        if (eachOnce)
        {
            _keys = [.. keys];
            new Random(keys.Length).Shuffle(_keys);
        }
    }

    /// <returns>A key, or null when all have been used.</returns>
    public string? Next(Random random)
    {
        if (!_eachOnce)
        {
            return _keys[random.Next(_keys.Length)];
        }

        var number = Interlocked.Increment(ref _taken) - 1;
        return number < _keys.Length ? _keys[number] : null;
    }
}
