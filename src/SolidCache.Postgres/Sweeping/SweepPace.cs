namespace SolidCache.Postgres.Sweeping;

/// <summary>
/// Decides how many blocks the next slice takes and how long to rest after one: slices short enough that no writer notices a lock,
/// and reading slow enough that the table does not push everything else out of the server's buffers.
/// </summary>
/// <param name="bytesPerSecond">How much of the table may be read in a second.</param>
/// <param name="blockBytes">The size of a block.</param>
internal sealed class SweepPace(double bytesPerSecond, long blockBytes)
{
    /// <summary>How long a slice should take. Its locks are held for about as long.</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(5);
    private const int MaxBlocks = 1_000;

    /// <summary>Gets how many blocks the next slice takes; a first slice is small, since nobody knows yet how full its blocks are.</summary>
    public int Blocks { get; private set; } = 16;

    /// <summary>Learns from a slice and tells how long to rest before the next.</summary>
    public TimeSpan After(int blocks, TimeSpan elapsed)
    {
        var fitting = Blocks * (Target / elapsed);
        Blocks = (int)Math.Clamp(Math.Min(fitting, Blocks * 2.0), 1, MaxBlocks);

        var fair = TimeSpan.FromSeconds(blocks * blockBytes / bytesPerSecond);
        return fair > elapsed ? fair - elapsed : TimeSpan.Zero;
    }
}
