using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>Why the cache does not work with the columns of a table that is its own but for them. What is merely missing is made anew.</summary>
internal static class ColumnRefusal
{
    /// <returns>Null when they are as the library makes them, or more.</returns>
    public static string? Of(FoundObject? table, string name, CacheColumn[] columns) =>
        table is null ? null
        : table.Lacks(columns).FirstOrDefault(column => table.TypeOf(column) is not null) is { } other
            ? $"{name} has its column {other.Name} as {table.TypeOf(other)}, and not as {other.Type}, as the library makes it. Nothing was changed. "
                + $"Run, as the table's owner: ALTER TABLE {name} ALTER COLUMN {other.Name} TYPE {other.Type} USING {other.Name}::{other.BareType};"
            : table.StrictColumns.Select(strict => OfStrict(table, name, columns, strict.Name, strict.IsFilled)).FirstOrDefault(static refusal => refusal is not null);

    /// <summary>What the library writes leaves a column out, or null.</summary>
    private static string? OfStrict(FoundObject table, string name, CacheColumn[] columns, string column, bool isFilled) => columns.FirstOrDefault(own => own.Name == column) switch
    {
        null when isFilled => null,
        null => $"{name} has a column that the library does not know, {SqlNames.Quoted(column)}, which may not be null and has no default: nothing could be written. Nothing was changed. "
            + $"Run, as the table's owner: ALTER TABLE {name} ALTER COLUMN {SqlNames.Quoted(column)} DROP NOT NULL; or SET DEFAULT, with a value.",
        { IsGiven: true } => null,
        { Default: not null } when isFilled => null,
        { Default: { } value } => $"{name} lacks the default of its column {column}. Nothing was changed. Run, as the table's owner: ALTER TABLE {name} ALTER COLUMN {column} SET DEFAULT {value};",
        // Before the version that brings this one, no value was compressed.
        { Name: "value" } when table.TypeOf(new("compressed", "")) is null => null,
        _ => $"{name} has its column {column} as NOT NULL, which the library does not always fill. Nothing was changed. Run, as the table's owner: ALTER TABLE {name} ALTER COLUMN {column} DROP NOT NULL;",
    };
}
