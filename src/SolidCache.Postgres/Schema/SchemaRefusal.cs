using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>Why the cache does not work with what it found, in one message that says what to do. Decides, and asks nobody.</summary>
internal sealed class SchemaRefusal(SqlNames names, bool createSchema)
{
    private const string AnotherName =
        $"Nothing was changed. Give the cache another name ({nameof(PostgresSolidCacheOptions)}.{nameof(PostgresSolidCacheOptions.TableName)} or "
        + $"{nameof(PostgresSolidCacheOptions.SchemaName)}): it makes what it needs there, and fills by itself.";

    /// <returns>Null when nothing stands in the way.</returns>
    public string? Of(FoundSchema found) =>
        OfEncoding(found.Encoding)
        ?? OfPlace(found.UnsafePlace)
        ?? OfRelation(found.Entries, names.Entries, CacheColumns.Entries, "key")
        ?? OfRelation(found.State, names.State, CacheColumns.State, "singleton")
        ?? OfRelation(found.TagRemovals, names.TagRemovals, CacheColumns.TagRemovals, "tag, removed_by")
        ?? OfRelation(found.Invalidations, names.Invalidations, CacheColumns.Invalidations, key: null)
        ?? (found.IsDistributed ? OfDistribution() : null)
        ?? OfOwner(found.Entries, names.Entries, found.IsForSuperuser)
        ?? OfOwner(found.State, names.State, found.IsForSuperuser)
        ?? OfOwner(found.TagRemovals, names.TagRemovals, found.IsForSuperuser)
        ?? OfOwner(found.Invalidations, names.Invalidations, found.IsForSuperuser)
        ?? ColumnRefusal.Of(found.Entries, names.Entries, CacheColumns.Entries)
        ?? ColumnRefusal.Of(found.State, names.State, CacheColumns.State)
        ?? ColumnRefusal.Of(found.TagRemovals, names.TagRemovals, CacheColumns.TagRemovals)
        ?? ColumnRefusal.Of(found.Invalidations, names.Invalidations, CacheColumns.Invalidations)
        ?? OfType(found)
        ?? OfRoutines(found);

    private string? OfEncoding(string encoding) => encoding == "UTF8"
        ? null
        : $"The database of the cache {names.Table} is encoded in {encoding}, which cannot hold every key. Nothing was made. "
            + "Use a database with ENCODING 'UTF8'.";

    /// <summary>Who owns a place of the cache's has ways to run what he likes with the rights of those who work there: a trigger or a default, a setting of the database, another object of the name.</summary>
    private string? OfPlace(string? unsafePlace) => unsafePlace is null
        ? null
        : $"This role is a superuser, and does not work with the cache {names.Table}: {unsafePlace}, and who owns such a place can have those who work there do what he likes. "
            + "Connect as a role without a superuser's rights, from its own login; what superusers have made there before is handed over as docs/security.md says, Superusers.";

    private static string? OfRelation(FoundObject? found, string name, CacheColumn[] columns, string? key)
    {
        if (found is null)
        {
            return null;
        }

        if (found.Lacks(columns.Where(static column => column.IsMark)) is { Count: > 0 } lacking)
        {
            return $"{name} is {found.KindName} that this library did not make: it has the columns {found.Description.Replace("\n", ", ", StringComparison.Ordinal)}, "
                + $"and lacks {string.Join(", ", lacking.Select(static column => column.Text))}. {AnotherName} Or move it out of the way, if nobody needs it there: ALTER TABLE {name} RENAME TO <another name>;";
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
            return $"{name} has what this library did not make and does not work with: {oddity}. Drop or revoke it. {AnotherName}";
        }

        return found.IsCurrent
            ? null
            : $"Row-level security hides rows of {name} from the role, whatever it was granted. Run, as the table's owner: ALTER TABLE {name} DISABLE ROW LEVEL SECURITY; "
                + "or give the role BYPASSRLS.";
    }

    private string OfDistribution() =>
        $"Citus distributes {names.Entries} or {names.State}, which the cache does not support: its blocks are on other servers, so that sweeps would find nothing. "
        + $"Run SELECT pg_catalog.undistribute_table({SqlNames.Literal(names.Entries)}::regclass); or give the cache a schema that Citus does not distribute. {AnotherName}";

    /// <summary>Without the right to make the tables it is somebody else who made them, by whoever's order that was.</summary>
    private string? OfOwner(FoundObject? found, string name, bool isForSuperuser) => found switch
    {
        null or { IsOwnerTrusted: true } => null,
        _ when isForSuperuser => $"{name} belongs to the role {found.Owner}, which is no superuser, while this role is one: what is put on it would run with all rights. {AnotherName} "
            + "If it was made for this cache by that role, connect as that role, from its own login, or as one that may use the cache.",
        _ when !createSchema => null,
        _ => $"{name} belongs to the role {found.Owner}, which this role is no member of: whoever owns a table reads and changes all that is in it. {AnotherName} "
            + $"If it was made for this cache by that role, set {nameof(PostgresSolidCacheOptions.CreateSchemaIfNotExists)} = false; or connect as that role; "
            + $"or let a superuser run: ALTER TABLE {name} OWNER TO <this role>;",
    };

    /// <summary>Reads and sweeps make values of it: its owner may add a constraint, which they would run.</summary>
    private string? OfType(FoundSchema found) => found.CountType switch
    {
        { Fits: false } other when found.Routines.Any(static routine => routine.Fits) =>
            $"{names.CountType} is {other.Description}, which the library has made as a domain over bigint and no more. Nothing was changed. Run, as its owner or a superuser, "
            + $"DROP {other.Kind} {names.CountType} CASCADE; and have what goes with it, functions of the cache, made anew. {ConfigurationErrors.HowToUpgrade(names.Table)}",
        { Fits: false } other =>
            $"{names.CountType} is {other.Description}, which this library did not make, and where the cache {names.Table} needs a type of its own. {AnotherName} "
            + $"Or drop it, or move it out of the way: ALTER {other.Kind} {names.CountType} RENAME TO <another name>;",
        { IsOwnerTrusted: false } type when found.IsForSuperuser || type.Owner != found.Entries?.Owner =>
            $"The type {names.CountType} belongs to the role {type.Owner}, and not to whom the tables belong to. Let that role or a superuser drop it, DROP DOMAIN {names.CountType} CASCADE, and have the schema made anew.",
        _ => null,
    };

    /// <summary>A routine of somebody else beside ours would make the calls of both ambiguous; once ours is there, nothing is made any more.</summary>
    private string? OfRoutines(FoundSchema found)
    {
        if (!createSchema && !found.IsForSuperuser)
        {
            return null;
        }

        if (found.Routines.FirstOrDefault(routine => routine.Fits && !routine.IsOwnerTrusted && (found.IsForSuperuser || routine.Owner != found.Entries?.Owner)) is { } neighbours)
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
