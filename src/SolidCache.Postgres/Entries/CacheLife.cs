namespace SolidCache.Postgres.Entries;

/// <summary>Whether a cache has been disposed of: every verb looks before anything else.</summary>
internal sealed class CacheLife
{
    private volatile bool _isOver;

    public bool IsOver => _isOver;

    public void End() => _isOver = true;

    /// <exception cref="ObjectDisposedException">It has.</exception>
    public void ThrowIfOver() => ObjectDisposedException.ThrowIf(_isOver, typeof(ISolidCache));
}
