namespace SolidCache.Postgres.Schema;

/// <summary>A table or a routine that stands under one of the cache's names, whoever made it.</summary>
/// <param name="Part">Which of the names; see <see cref="SchemaInspection"/>.</param>
/// <param name="Kind">PostgreSQL's <c>relkind</c> or <c>prokind</c>.</param>
/// <param name="Owner">The role that it belongs to.</param>
/// <param name="IsOwnerTrusted">Whether that is this role, one that it is a member of, a superuser, or the owner of the schema or the database.</param>
/// <param name="IsReplaceable">Whether this role may make it anew here and now: as its owner, in its schema, in a session that writes.</param>
/// <param name="Description">A relation's columns with their types, a line each; a routine's signature.</param>
/// <param name="Fits">Of a relation: it has its key. Of a routine: it is as the migrations make it, for a table of this name in whatever schema.</param>
/// <param name="IsCurrent">Of a relation: no row-level security hides its rows from this role. Of a routine: it is for the table of this schema.</param>
/// <param name="Oddity">Of a relation: what hangs on it and is not the library's, nor its owner's. Of a routine: why this role must not call it. Or null.</param>
/// <param name="Id">What tells it from the others of the same server.</param>
/// <param name="IsLogged">Of the entries: their changes are logged for nodes that remember them.</param>
internal sealed record FoundObject(
    string Part, string Kind, string Owner, bool IsOwnerTrusted, bool IsReplaceable, string Description, bool Fits, bool IsCurrent, string? Oddity, string Id, bool IsLogged)
{
    private const string OrdinaryTable = "r";

    public bool IsTable => Kind == OrdinaryTable;

    /// <summary>Those of some columns that it lacks.</summary>
    public IReadOnlyList<string> Lacks(IEnumerable<string> columns) => [.. columns.Except(Description.Split('\n'))];

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
