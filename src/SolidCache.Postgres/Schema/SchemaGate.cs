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
    SqlNames names, IReadOnlyList<Migration> migrations, bool createSchema, bool? unloggedTable, TimeProvider time, Log log, Action<FoundSchema, Session>? claim = null, bool logsChanges = false)
{
    /// <summary>Two applications that each drop what the other made look no more often than this; and what is dropped again heals again.</summary>
    private static readonly TimeSpan BetweenLosses = TimeSpan.FromSeconds(1);
    private readonly SchemaRefusal _refusal = new(names, createSchema);
    private readonly SchemaMigrator _migrator = new(names, migrations, unloggedTable ?? false, logsChanges, log);
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

        var found = Find(session);
        DriverCheck.RefuseOtherTypes(session, names.Table);
        var version = SchemaVersion.Of(found, session, names);
        if (version.Version < LibraryVersion || (createSchema && MayMend(found)))
        {
            Upgrade(session, found, version);
            found = Find(session);
            version = SchemaVersion.Of(found, session, names);
        }

        RefuseMismatch(version);
        if (found.LackingColumns is { Count: > 0 } lacking)
        {
            throw Mismatch(string.Join(" ", lacking.Select(Lacks)) + " " + ConfigurationErrors.HowToUpgrade(names.Table));
        }

        if (logsChanges && !found.LogsChanges)
        {
            throw Mismatch(
                $"The cache is to tell what other nodes change ({nameof(PostgresSolidCacheOptions.Invalidation)}), but nothing logs the changes of {names.Table}. "
                + $"Run, as the table's owner: SELECT {names.Function("log_changes")}(true);");
        }

        claim?.Invoke(found, session);
        _isOpen = true;
    }

    /// <summary>
    /// A statement did not find what it needs: somebody dropped or renamed a table, or emptied that of the state. The next session looks again, and makes it
    /// anew if it may.
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

    /// <summary>Looks before anything is read, made or swept.</summary>
    private FoundSchema Find(Session session)
    {
        var found = FoundSchema.Read(session, names);
        return _refusal.Of(found) is { } refusal ? throw Mismatch(refusal) : found;
    }

    /// <summary>A function that is gone, or is still for the schema that this one was called before, is made anew by those who may: the cache itself needs none.</summary>
    private bool MayMend(FoundSchema found) => found is { Entries.IsReplaceable: true } && !(found.IsWhole && (found.LogsChanges || !logsChanges));

    private void Upgrade(Session session, FoundSchema found, SchemaVersion version)
    {
        if (createSchema)
        {
            _migrator.Run(session, Find);
            return;
        }

        throw new SolidCacheException(version.Version == 0
            ? Missing(found)
            : $"The schema of the cache {names.Table} has version {version.Version}; this library needs {LibraryVersion}. "
                + ConfigurationErrors.HowToUpgrade(names.Table));
    }

    private string Lacks((string Part, IReadOnlyList<CacheColumn> Columns) found)
    {
        var table = found.Part switch
        {
            SchemaInspection.Entries => names.Entries,
            SchemaInspection.State => names.State,
            SchemaInspection.TagRemovals => names.TagRemovals,
            _ => names.Invalidations,
        };
        return $"{table} lacks {string.Join(", ", found.Columns.Select(static column => column.Text))}, which {names.State} says that it has: somebody has dropped it, or restored a dump of an older one. "
            + $"Run, as the table's owner: ALTER TABLE {table} {string.Join(", ", found.Columns.Select(static column => $"ADD COLUMN {column.Definition}"))};";
    }

    private string Missing(FoundSchema found) => (found.Entries, found.State) switch
    {
        (not null, not null) => ConfigurationErrors.MissingRow(names, LibraryVersion),
        (not null, null) => ConfigurationErrors.Missing(names.Table, names.State),
        (null, not null) => ConfigurationErrors.Missing(names.Table, names.Entries),
        _ => ConfigurationErrors.Missing(names.Table),
    };

    private void RefuseMismatch(SchemaVersion found)
    {
        if (found.MinimumLibraryVersion > LibraryVersion)
        {
            throw Mismatch(
                $"The schema of the cache {names.Table} has version {found.Version} and needs a library that knows version "
                + $"{found.MinimumLibraryVersion} or later; this one knows {LibraryVersion}. Update the package SolidCache.Postgres.");
        }

        if (unloggedTable is { } unlogged && found.IsUnlogged != unlogged)
        {
            throw Mismatch(
                $"{nameof(PostgresSolidCacheOptions.UnloggedTable)} is {unloggedTable}, but the table {names.Table} is {(found.IsUnlogged ? "UNLOGGED" : "logged")}. "
                + "Change the option, or the table: ALTER TABLE " + names.Entries + (unlogged ? " SET UNLOGGED;" : " SET LOGGED;"));
        }
    }

    private static SolidCacheException Mismatch(string message) => new(message) { IsMismatch = true };
}
