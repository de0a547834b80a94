namespace SolidCache.Postgres.Sql;

/// <summary>SQL that is made of pieces, for who reads it.</summary>
internal static class SqlIndentation
{
    /// <summary>Indents all lines but the first.</summary>
    /// <param name="sql">Names stand in it as literals only, which are one line (<see cref="SqlNames.Literal"/>): a quoted name may have several, and would become another one.</param>
    /// <param name="columns">By how much.</param>
    public static string Indented(this string sql, int columns) => sql.Replace("\n", "\n" + new string(' ', columns), StringComparison.Ordinal);
}
