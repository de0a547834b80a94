using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// Lets no statement through before the schema is known to fit, and brings it up to date if it may. Open once, it stays open.
/// </summary>
/// <remarks>
/// It is asked by every session and not only at host start: HybridCache reads from its constructor, before any hosted service
/// ran, and the database may be away when the host starts.
/// </remarks>
internal sealed class SchemaGate(
    SqlNames names, IReadOnlyList<Migration> migrations, bool createSchema, bool unloggedTable, TimeProvider time, Log log)
{
    private static readonly TimeSpan BetweenLosses = TimeSpan.FromMinutes(1);
    private readonly SchemaMigrator _migrator = new(names, migrations, unloggedTable, log);
    private readonly Lock _gate = new();
    private volatile bool _isOpen;
    private long _lostAt;
    private bool _wasLost;

    private int LibraryVersion => migrations[^1].Version;

    /// <exception cref="SolidCacheException">The schema is missing or does not fit, and may not or cannot be made to.</exception>
    public void Ensure(Session session)
    {
        if (_isOpen)
        {
            return;
        }

        var found = SchemaVersion.Read(session, names);
        if (found.Version < LibraryVersion)
        {
            Upgrade(session, found);
            found = SchemaVersion.Read(session, names);
        }

        RefuseMismatch(found);
        _isOpen = true;
    }

    /// <summary>
    /// A statement did not find what it needs: somebody dropped or renamed the table. The next session looks again, and makes it anew if it may; at most
    /// once a minute, or two applications that each drop what the other made would never come to rest.
    /// </summary>
    public void Lost()
    {
        lock (_gate)
        {
            if (_wasLost && time.GetElapsedTime(_lostAt) < BetweenLosses)
            {
                return;
            }

            (_wasLost, _lostAt, _isOpen) = (true, time.GetTimestamp(), false);
        }
    }

    private void Upgrade(Session session, SchemaVersion found)
    {
        if (createSchema)
        {
            _migrator.Run(session);
            return;
        }

        throw new SolidCacheException(found.Version == 0
            ? ConfigurationErrors.Missing(names.Table)
            : $"The schema of the cache {names.Table} has version {found.Version}; this library needs {LibraryVersion}. "
                + ConfigurationErrors.HowToUpgrade(names.Table));
    }

    private void RefuseMismatch(SchemaVersion found)
    {
        if (found.MinimumLibraryVersion > LibraryVersion)
        {
            throw Mismatch(
                $"The schema of the cache {names.Table} has version {found.Version} and needs a library that knows version "
                + $"{found.MinimumLibraryVersion} or later; this one knows {LibraryVersion}. Update the package SolidCache.Postgres.");
        }

        if (found.IsUnlogged != unloggedTable)
        {
            throw Mismatch(
                $"{nameof(PostgresSolidCacheOptions.UnloggedTable)} is {unloggedTable}, but the table {names.Table} is {(found.IsUnlogged ? "UNLOGGED" : "logged")}. "
                + "Change the option, or the table: ALTER TABLE " + names.Entries + (unloggedTable ? " SET UNLOGGED;" : " SET LOGGED;"));
        }

        if (found.Encoding != "UTF8")
        {
            throw Mismatch(
                $"The database of the cache {names.Table} is encoded in {found.Encoding}, which cannot hold every key. "
                + "Use a database with ENCODING 'UTF8'.");
        }
    }

    private static SolidCacheException Mismatch(string message) => new(message) { IsMismatch = true };
}
