namespace SolidCache.Postgres.Sql;

/// <summary>Looks at a session before work is done on it.</summary>
/// <exception cref="SolidCacheException">No work can be done.</exception>
internal delegate void SessionCheck(Session session);
