namespace SolidCache.Postgres.Schema;

/// <summary>
/// Under which name a function runs, by the first line of PL/pgSQL's context in its variable <c>called</c>: there the name begins, which may have more lines than
/// one. The line is in the server's language: the name may stand at its beginning (Turkish), in quotes (Korean) or behind a letter that no name without quotes has (Japanese).
/// </summary>
internal static class CalledName
{
    /// <param name="start">The SQL of the start of the name, as an identifier.</param>
    public static string Is(string start) =>
        $"""(strpos(called, {start}) > 0 AND strpos(split_part(called, {start}, 1), chr(10)) = 0 AND split_part(called, {start}, 1) ~ '(^|[^a-z0-9_".]| ")$')""";
}
