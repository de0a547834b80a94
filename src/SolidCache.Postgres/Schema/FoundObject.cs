namespace SolidCache.Postgres.Schema;

/// <summary>A table or a routine that stands under one of the cache's names, whoever made it; or the database.</summary>
/// <param name="Part">Which of the names; see <see cref="SchemaInspection"/>.</param>
/// <param name="Kind">PostgreSQL's <c>relkind</c> or <c>prokind</c>; of the type of counts, how SQL calls its kind.</param>
/// <param name="Owner">The role that it belongs to.</param>
/// <param name="IsOwnerTrusted">Whether that is this role, one that it is a member of, a superuser, or the owner of the schema or the database; for a superuser, another one only. Of the database: whether this role is no superuser.</param>
/// <param name="IsReplaceable">Whether this role may make it anew here and now: as its owner, in its schema, in a session that writes.</param>
/// <param name="Description">A relation's columns with their types, a line each; a routine's signature; what a type is.</param>
/// <param name="Fits">Of a relation: it has its key. Of a routine: it is as the migrations make it, for a table of this name in whatever schema. Of a type: it is as they make it.</param>
/// <param name="IsCurrent">Of a relation: no row-level security hides its rows from this role. Of a routine: it is for the table of this schema.</param>
/// <param name="Oddity">Of a relation: what hangs on it and is not the library's, nor its owner's. Of the database: where this role does not work. Or null.</param>
/// <param name="Id">What tells it from the others of the same server.</param>
/// <param name="IsLogged">Of the entries: their changes are logged for nodes that remember them.</param>
/// <param name="Strict">Of a relation: the columns that may not be null, a line each, with a plus where something fills them, and else a minus. Or null.</param>
internal sealed record FoundObject(
    string Part, string Kind, string Owner, bool IsOwnerTrusted, bool IsReplaceable, string Description, bool Fits, bool IsCurrent, string? Oddity, string Id, bool IsLogged,
    string? Strict = null)
{
    private const string OrdinaryTable = "r";

    public bool IsTable => Kind == OrdinaryTable;

    /// <summary>Those of some columns that it lacks.</summary>
    public IReadOnlyList<CacheColumn> Lacks(IEnumerable<CacheColumn> columns) => [.. columns.Where(column => !Description.Split('\n').Contains(column.Text))];

    /// <summary>The type under which it has a column; null where it has none of the name.</summary>
    public string? TypeOf(CacheColumn column) =>
        Description.Split('\n').FirstOrDefault(line => line.StartsWith(column.Name + " ", StringComparison.Ordinal))?[(column.Name.Length + 1)..];

    /// <summary>The columns that may not be null, and whether something fills them where no value is given.</summary>
    public IEnumerable<(string Name, bool IsFilled)> StrictColumns => (Strict?.Split('\n') ?? []).Select(static line => (line[..^2], line[^1] == '+'));

    /// <summary>What it is, for messages.</summary>
    public string KindName => Kind switch
    {
        OrdinaryTable => "a table",
        "p" => "a partitioned table",
        "v" => "a view",
        "m" => "a materialized view",
        "f" => "a foreign table",
        "S" => "a sequence",
        "i" or "I" => "an index",
        _ => "no table",
    };
}
