using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>Why the cache does not work with what it found, in one message that says what to do. Decides, and asks nobody.</summary>
internal sealed class SchemaRefusal(SqlNames names, bool createSchema)
{
    /// <summary>What makes a table that of the entries, whatever a later version or its owner has added.</summary>
    public static readonly string[] EntriesColumns =
    [
        "expires_at timestamp with time zone", "created_at timestamp with time zone", "sliding_expiration bigint",
        "absolute_expiration timestamp with time zone", "key text COLLATE \"C\"", "value bytea",
    ];

    private static readonly string[] StateColumns = ["singleton boolean", "schema_version integer", "minimum_library_version integer"];

    private static readonly string[] TagRemovalsColumns = ["tag text COLLATE \"C\"", "removed_by xid8"];

    private static readonly string[] InvalidationsColumns = ["transaction xid8", "keys text[]", "epoch uuid"];

    private const string AnotherName =
        $"Nothing was changed. Give the cache another name ({nameof(PostgresSolidCacheOptions)}.{nameof(PostgresSolidCacheOptions.TableName)} or "
        + $"{nameof(PostgresSolidCacheOptions.SchemaName)}): it makes what it needs there, and fills by itself.";

    /// <returns>Null when nothing stands in the way.</returns>
    public string? Of(FoundSchema found) =>
        OfEncoding(found.Encoding)
        ?? OfRelation(found.Entries, names.Entries, EntriesColumns, "key")
        ?? OfRelation(found.State, names.State, StateColumns, "singleton")
        ?? OfRelation(found.TagRemovals, names.TagRemovals, TagRemovalsColumns, "tag, removed_by")
        ?? OfRelation(found.Invalidations, names.Invalidations, InvalidationsColumns, key: null)
        ?? (found.IsDistributed ? OfDistribution() : null)
        ?? OfOwner(found.Entries, names.Entries)
        ?? OfOwner(found.State, names.State)
        ?? OfOwner(found.TagRemovals, names.TagRemovals)
        ?? OfOwner(found.Invalidations, names.Invalidations)
        ?? OfRoutines(found);

    private string? OfEncoding(string encoding) => encoding == "UTF8"
        ? null
        : $"The database of the cache {names.Table} is encoded in {encoding}, which cannot hold every key. Nothing was made. "
            + "Use a database with ENCODING 'UTF8'.";

    private static string? OfRelation(FoundObject? found, string name, string[] columns, string? key)
    {
        if (found is null)
        {
            return null;
        }

        if (found.Lacks(columns) is { Count: > 0 } lacking)
        {
            return $"{name} is {found.KindName} that this library did not make: it has the columns {found.Description.Replace("\n", ", ", StringComparison.Ordinal)}, "
                + $"and lacks {string.Join(", ", lacking)}. {AnotherName} Or move it out of the way, if nobody needs it there: ALTER TABLE {name} RENAME TO <another name>;";
        }

        if (!found.IsTable)
        {
            return $"{name} is {found.KindName}, which the cache does not support: sweeps and sizes go by the blocks of an ordinary table. {AnotherName}";
        }

        if (key is not null && !found.Fits)
        {
            return $"{name} lacks its primary key, as after a restore that was cut short. Run, as its owner: ALTER TABLE {name} ADD PRIMARY KEY ({key});";
        }

        if (found.Oddity is { } oddity)
        {
            return $"{name} has what this library did not make and does not work with: {oddity}. Drop it, or let the table's owner own it; who is a superuser runs nothing of another's: connect as the owner, or as a role that may use the cache. {AnotherName}";
        }

        return found.IsCurrent
            ? null
            : $"Row-level security hides rows of {name} from the role, whatever it was granted. Run, as the table's owner: ALTER TABLE {name} DISABLE ROW LEVEL SECURITY; "
                + "or give the role BYPASSRLS.";
    }

    private string OfDistribution() =>
        $"Citus distributes {names.Entries} or {names.State}, which the cache does not support: its blocks are on other servers, so that sweeps would find nothing. "
        + $"Run SELECT undistribute_table('{names.Table}'); or give the cache a schema that Citus does not distribute. {AnotherName}";

    /// <summary>Without the right to make the tables it is somebody else who made them, by whoever's order that was.</summary>
    private string? OfOwner(FoundObject? found, string name) => found is null || found.IsOwnerTrusted || !createSchema
        ? null
        : $"{name} belongs to the role {found.Owner}, which this role is no member of: whoever owns a table reads and changes all that is in it. {AnotherName} "
            + $"If it was made for this cache by that role, set {nameof(PostgresSolidCacheOptions.CreateSchemaIfNotExists)} = false; or connect as that role; "
            + $"or let a superuser run: ALTER TABLE {name} OWNER TO <this role>;";

    /// <summary>A routine of somebody else beside ours would make the calls of both ambiguous; once ours is there, nothing is made any more.</summary>
    private string? OfRoutines(FoundSchema found)
    {
        if (found.Routines.FirstOrDefault(static routine => routine.Oddity is not null) is { } called)
        {
            return $"{names.Schema}.{called.Description} belongs to the role {called.Owner}, {called.Oddity}, and would run with the rights of a superuser, whom this role is. Connect as {called.Owner}, or as a role that may use the cache.";
        }

        if (!createSchema)
        {
            return null;
        }

        if (found.Routines.FirstOrDefault(routine => routine.Fits && !routine.IsOwnerTrusted && routine.Owner != found.Entries?.Owner) is { } neighbours)
        {
            return $"{names.Schema}.{neighbours.Description} belongs to the role {neighbours.Owner}, which this role is no member of, and runs with the rights of whoever calls it. "
                + $"Drop it as that role or a superuser, and start again. {AnotherName}";
        }

        return !found.HasItsRoutines && found.Routines.FirstOrDefault(static routine => !routine.Fits) is { } foreign
            ? $"{names.Schema}.{foreign.Description} is a routine that this library did not make, under a name that the cache needs: beside it, calls of either would be ambiguous. "
                + $"{AnotherName} Or rename the routine: ALTER ROUTINE {names.Schema}.{foreign.Description.Split(" RETURNS ")[0]} RENAME TO <another name>;"
            : null;
    }
}
