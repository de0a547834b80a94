using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>What stands in the database under the names of a cache, before anything is made, swept or believed.</summary>
/// <param name="Encoding">The database's encoding.</param>
/// <param name="Server">What tells the database from any other.</param>
/// <param name="IsForSuperuser">Whether who asks is a superuser, who works with nothing that is not a superuser's.</param>
/// <param name="UnsafePlace">Where a superuser does not work, and whose it is; null for anybody else.</param>
/// <param name="IsDistributed">Whether Citus has one of the tables.</param>
/// <param name="Objects">All that has one of the names.</param>
internal sealed record FoundSchema(string Encoding, string Server, bool IsForSuperuser, string? UnsafePlace, bool IsDistributed, IReadOnlyList<FoundObject> Objects)
{
    public FoundObject? Entries => Objects.FirstOrDefault(static found => found.Part == SchemaInspection.Entries);

    public FoundObject? State => Objects.FirstOrDefault(static found => found.Part == SchemaInspection.State);

    public FoundObject? TagRemovals => Objects.FirstOrDefault(static found => found.Part == SchemaInspection.TagRemovals);

    public FoundObject? Invalidations => Objects.FirstOrDefault(static found => found.Part == SchemaInspection.Invalidations);

    public FoundObject? CountType => Objects.FirstOrDefault(static found => found.Part == SchemaInspection.CountType);

    public IEnumerable<FoundObject> Routines => Objects.Where(static found => found.Part == SchemaInspection.Routine);

    /// <summary>Whether the functions and the procedure are all there, and are for this table.</summary>
    public bool HasItsRoutines => Routines.Count(static routine => routine.Fits && routine.IsCurrent) == CacheRoutines.Count;

    /// <summary>Whether nothing is missing that the migrations make beside the state, and what the first of them does of the entries.</summary>
    public bool IsWhole => HasItsRoutines && TagRemovals is not null && Invalidations is not null && LackingColumns.Count == 0;

    /// <summary>What a table lacks that is one of the cache's, by the part: an older one that was put back beside the state of today, or one of which somebody has dropped a column.</summary>
    public IReadOnlyList<(string Part, IReadOnlyList<CacheColumn> Columns)> LackingColumns
    {
        get
        {
            (FoundObject? Found, CacheColumn[] Columns)[] tables =
                [(Entries, CacheColumns.Entries), (State, CacheColumns.State), (TagRemovals, CacheColumns.TagRemovals), (Invalidations, CacheColumns.Invalidations)];
            return [.. tables.Where(static table => table.Found is not null).Select(static table => (table.Found!.Part, Columns: table.Found.Lacks(table.Columns))).Where(static lacks => lacks.Columns.Count > 0)];
        }
    }

    /// <summary>Whether triggers log what changes.</summary>
    public bool LogsChanges => Entries is { IsLogged: true };

    /// <summary>Tells this table from every other that this process may know; null while there is none.</summary>
    public string? Identity => Entries is { } entries ? $"{Server}/{entries.Id}" : null;

    /// <summary>Reads it with no rights on any table, on a standby too.</summary>
    public static FoundSchema Read(Session session, SqlNames names)
    {
        var objects = session.Query(
            static rows => new FoundObject(
                rows.Text(0), rows.Text(1), rows.Text(2), rows.Bool(3), rows.Bool(4), rows.Text(5), rows.Bool(6), rows.Bool(7), rows.TextOrNull(8), rows.Text(9), rows.Bool(10), rows.TextOrNull(11)),
            SchemaInspection.Of(names));
        var database = objects.Single(static found => found.Part == SchemaInspection.Database);
        var isDistributed = database.Fits && session.QueryOne(static rows => rows.Bool(0), SchemaInspection.DistributedOf(names));
        return new(database.Description, database.Id, !database.IsOwnerTrusted, database.Oddity, isDistributed, [.. objects.Where(static found => found.Part != SchemaInspection.Database)]);
    }
}
