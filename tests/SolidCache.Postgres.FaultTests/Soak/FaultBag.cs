namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>Draws faults in a random order, each once before any comes again.</summary>
internal sealed class FaultBag(IReadOnlyList<Fault> kinds, Random random)
{
    private readonly Queue<Fault> _left = new();

    public (Fault Fault, TimeSpan Length) Draw()
    {
        if (_left.Count == 0)
        {
            var shuffled = kinds.ToArray();
            random.Shuffle(shuffled);
            Array.ForEach(shuffled, _left.Enqueue);
        }

        var fault = _left.Dequeue();
        return (fault, TimeSpan.FromSeconds(fault.Shortest + ((fault.Longest - fault.Shortest) * random.NextDouble())));
    }
}
