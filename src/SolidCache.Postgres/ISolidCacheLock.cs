namespace SolidCache.Postgres;

/// <summary>A lock that is held until it is disposed of, which does not throw: where the database is away, it ends with its lease. See <see cref="ISolidCacheLocks"/>.</summary>
public interface ISolidCacheLock : IAsyncDisposable, IDisposable;
