using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>How much travels together and how much may wait.</summary>
/// <param name="MaxBatchEntries">Keys in one batch.</param>
/// <param name="AnotherLaneEntries">Keys that must wait before another lane starts, although one works already.</param>
/// <param name="MaxBatchBytes">Bytes of values in one batch; the server needs about four times as many.</param>
/// <param name="LargeValueBytes">A value from here on travels alone, so that small ones need not wait for it to arrive.</param>
/// <param name="MaxWaiting">Calls that may wait.</param>
/// <param name="MaxWaitingBytes">Bytes of values that may wait.</param>
internal sealed record BatchLimits(
    int MaxBatchEntries, int AnotherLaneEntries, long MaxBatchBytes, int LargeValueBytes, int MaxWaiting, long MaxWaitingBytes)
{
    public static BatchLimits Default { get; } = new(
        MaxBatchEntries: 128,
        AnotherLaneEntries: 32,
        MaxBatchBytes: 4 * 1024 * 1024,
        LargeValueBytes: 256 * 1024,
        MaxWaiting: 10_000,
        MaxWaitingBytes: 256 * 1024 * 1024);

    /// <summary>A batch is one entry, and whatever waits deserves a lane.</summary>
    public static BatchLimits Alone { get; } = Default with { MaxBatchEntries = 1, AnotherLaneEntries = 1 };

    /// <summary>Whether a value may join a batch.</summary>
    public bool Fits(int entries, long bytes, int valueBytes) =>
        entries == 0 || (entries < MaxBatchEntries && valueBytes < LargeValueBytes && bytes + valueBytes <= MaxBatchBytes);

    /// <exception cref="SolidCacheException">Too much waits already. That is the callers' doing, and no outage.</exception>
    public void RefuseWhenFull(int waiting, long bytes, TableName table)
    {
        if (waiting >= MaxWaiting || (waiting > 0 && bytes > MaxWaitingBytes))
        {
            throw new SolidCacheException(
                $"The cache {table} has {waiting} calls with {bytes} bytes waiting for the server, which does not keep up. Send fewer, or find out what holds the server.")
            {
                IsTransient = true,
            };
        }
    }
}
