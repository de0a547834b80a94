using System.Text;

namespace SolidCache.Postgres.Entries;

/// <summary>A schema and a table in it, and the names of the objects that stand beside the table.</summary>
internal sealed record TableName
{
    public const string DefaultSchema = "public";
    public const string DefaultTable = "solid_cache_entries";

    /// <summary>PostgreSQL cuts names after 63 bytes without an error: a longer one could meet another.</summary>
    private const int MaxIdentifierBytes = 63;
    private const string DefaultState = "solid_cache_state";
    private const string StateSuffix = "_state";
    private const string CleanupSuffix = "_cleanup_expired";
    private const string SweepSuffix = "_sweep_expired";
    private const string CountSuffix = "_sweep_count";
    private const string LongestSuffix = "_remove_on_change";
    private const string TagRemovalsSuffix = "_tag_removals";
    private const string TagIndexSuffix = "_tags_idx";
    private const string InvalidationsSuffix = "_invalidations";

    /// <summary>At the end of a name, they say which table the relation stands beside.</summary>
    private static readonly string[] RelationSuffixes = [StateSuffix, TagRemovalsSuffix, TagIndexSuffix, InvalidationsSuffix];

    /// <summary>How what delimits function bodies in the migrations begins, so that no name may hold it.</summary>
    private const string BodyDelimiter = "$solid_cache";

    /// <exception cref="ArgumentException">One of the names cannot be used.</exception>
    public TableName(string schema, string table)
    {
        Schema = Checked(schema, "schema", MaxIdentifierBytes);
        if (Schema.StartsWith("pg_", StringComparison.Ordinal) || Schema == "information_schema")
        {
            throw new ArgumentException($"'{schema}' is not a schema name for the cache: names that begin with pg_, and information_schema, are PostgreSQL's own.", nameof(schema));
        }

        Table = Checked(table, "table", MaxIdentifierBytes - LongestSuffix.Length);
        if (Table.StartsWith(Schema + ".", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{table}' is not a table name for the cache: it is the name alone, and the schema, '{schema}', is told apart from it.", nameof(table));
        }

        var suffix = IsDefault || State != DefaultState ? RelationSuffixes.FirstOrDefault(end => Table.EndsWith(end, StringComparison.Ordinal)) : StateSuffix;
        if (suffix is not null)
        {
            throw new ArgumentException($"'{table}' is not a table name for the cache: '{suffix}' at the end names what stands beside one.", nameof(table));
        }
    }

    public string Schema { get; }

    public string Table { get; }

    public string State => IsDefault ? DefaultState : Table + StateSuffix;

    public string TagRemovals => IsDefault ? "solid_cache_tag_removals" : Table + TagRemovalsSuffix;

    public string TagIndex => Table + TagIndexSuffix;

    public string Invalidations => IsDefault ? "solid_cache_invalidations" : Table + InvalidationsSuffix;

    public string CleanupFunction => IsDefault ? "cleanup_expired_cache" : Table + CleanupSuffix;

    public string SweepProcedure => IsDefault ? "sweep_expired_cache" : Table + SweepSuffix;

    /// <summary>The type of the first argument of both, which is of no use to others.</summary>
    public string CountType => IsDefault ? "solid_cache_count" : Table + CountSuffix;

    /// <summary>Of the routines that are not for sweeps.</summary>
    public string RoutinePrefix => IsDefault ? "solid_cache_" : Table + "_";

    /// <summary>One of the functions that are not for sweeps.</summary>
    /// <param name="name">What it is called in the migrations.</param>
    public string Function(string name) => $"{(IsDefault ? "solid_cache" : Table)}_{name}";

    private bool IsDefault => Table == DefaultTable;

    /// <summary>For messages, as a person would write it.</summary>
    public override string ToString() => $"{Schema}.{Table}";

    private static string Checked(string name, string kind, int maxBytes) =>
        name is not null && KeyText.IsStorable(name) && Encoding.UTF8.GetByteCount(name) is > 0 and var bytes && bytes <= maxBytes
        && !name.Contains(BodyDelimiter, StringComparison.Ordinal)
            ? name
            : throw new ArgumentException(
                $"'{name}' is not a {kind} name for the cache: it must have 1 to {maxBytes} bytes of UTF-8, without U+0000, lone surrogates and '{BodyDelimiter}'.",
                kind);
}
