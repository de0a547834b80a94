using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>
/// A function, an aggregate, an operator or a type that fits a call better than what PostgreSQL's catalog has, or as well: with the arguments of the
/// catalog's own, with those that it would convert implicitly, with <c>text</c> in place of each, as a bare literal has it, and with each of the cache's types
/// where the catalog's takes any.
/// </summary>
/// <remarks>A better fit wins even where <c>pg_catalog</c> is searched first: that is how a schema that others may write to is abused (CVE-2018-1058).</remarks>
internal sealed record ShadowSignature(string Kind, string Name, string[] Arguments, string Result)
{
    /// <param name="number">By which its alarm is known.</param>
    public string[] Statements(int number)
    {
        var arguments = string.Join(", ", Arguments);
        var body = $"LANGUAGE plpgsql AS 'BEGIN PERFORM alarms.ring({number}); END'";
        return Kind switch
        {
            "type" => [$"CREATE DOMAIN public.{Name} AS pg_catalog.point"],
            "aggregate" =>
            [
                $"CREATE FUNCTION alarms.step_{number}({string.Join(", ", Arguments.Prepend("bigint"))}) RETURNS bigint {body}",
                $"CREATE AGGREGATE public.{Name}({(Arguments.Length == 0 ? "*" : arguments)}) (SFUNC = alarms.step_{number}, STYPE = bigint, INITCOND = '0')",
            ],
            "operator" =>
            [
                $"CREATE FUNCTION alarms.operator_{number}({arguments}) RETURNS {Result} {body}",
                Arguments is [var left, var right]
                    ? $"CREATE OPERATOR public.{Name} (FUNCTION = alarms.operator_{number}, LEFTARG = {left}, RIGHTARG = {right})"
                    : $"CREATE OPERATOR public.{Name} (FUNCTION = alarms.operator_{number}, RIGHTARG = {arguments})",
            ],
            _ => [$"CREATE FUNCTION public.{Name}({arguments}) RETURNS {Result} {body}"],
        };
    }
}

/// <summary>All of them, from the server's own catalog.</summary>
internal static class ShadowSignatures
{
    /// <summary>Combinations of an overload's arguments; those with more of them differ from it in one argument at a time.</summary>
    private const int MostCombinations = 120;

    private static readonly string[] OfTheCache =
        ["text", "bytea", "bigint", "integer", "boolean", "timestamp with time zone", "interval", "double precision", "numeric", "name", "oid"];

    private static readonly string[] AnyElement = ["\"any\"", "anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray"];
    private static readonly string[] AnyArray = ["anyarray", "anycompatiblearray"];

    private const string Catalog =
        """
        WITH types AS (
          SELECT oid, format_type(oid, NULL) AS name, CASE WHEN typtype = 'p' THEN NULL ELSE format_type(oid, NULL) END AS concrete FROM pg_type
        ),
        called AS (
          SELECT CASE prokind WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind, quote_ident(proname) AS name, proargtypes::oid[] AS arguments, prorettype AS result,
            CASE WHEN provariadic = 0 THEN NULL ELSE format_type(provariadic, NULL) END AS spread
          FROM pg_proc
          WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'a', 'w')
          UNION ALL
          SELECT 'operator', oprname, CASE WHEN oprleft = 0 THEN ARRAY[oprright] ELSE ARRAY[oprleft, oprright] END, oprresult, NULL
          FROM pg_operator
          WHERE oprnamespace = 'pg_catalog'::regnamespace
          UNION ALL
          SELECT 'type', quote_ident(typname), '{}', oid, NULL
          FROM pg_type
          WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typelem = 0
        )
        SELECT
          kind,
          called.name,
          ARRAY(SELECT types.name FROM unnest(arguments) WITH ORDINALITY AS argument (type, place) JOIN types ON types.oid = argument.type ORDER BY place),
          coalesce(result.concrete, 'bigint'),
          spread
        FROM called
        JOIN types AS result ON result.oid = called.result
        ORDER BY 1, 2, arguments
        """;

    private const string Conversions =
        "SELECT format_type(casttarget, NULL), array_agg(format_type(castsource, NULL)) FROM pg_cast WHERE castcontext = 'i' AND castsource <> casttarget GROUP BY 1";

    public static async Task<IReadOnlyList<ShadowSignature>> ReadAsync(TestDatabase database)
    {
        var conversions = new Dictionary<string, string[]>();
        await ReadAsync(database, Conversions, row => conversions.Add(row.GetString(0), row.GetFieldValue<string[]>(1)));
        var pseudo = new HashSet<string>();
        await ReadAsync(database, "SELECT format_type(oid, NULL) FROM pg_type WHERE typtype = 'p'", row => pseudo.Add(row.GetString(0)));

        var signatures = new Dictionary<string, ShadowSignature>();
        await ReadAsync(database, Catalog, row =>
        {
            var (kind, name, arguments) = (row.GetString(0), row.GetString(1), row.GetFieldValue<string[]>(2));
            foreach (var fixedArguments in WithoutVariadic(arguments, row.IsDBNull(4) ? null : row.GetString(4)))
            {
                foreach (var combination in Combinations([.. fixedArguments.Select(argument => Fitting(argument))]))
                {
                    signatures.TryAdd(
                        $"{(kind == "operator" ? kind : "")} {name}({string.Join(", ", combination)})", new(kind, name, combination, row.GetString(3)));
                }
            }
        });
        return [.. signatures.Values];

        string[] Fitting(string argument) => argument switch
        {
            _ when AnyElement.Contains(argument) => OfTheCache,
            _ when AnyArray.Contains(argument) => [.. OfTheCache.Select(static type => type + "[]")],
            _ when pseudo.Contains(argument) => [],
            _ => [.. conversions.GetValueOrDefault(argument, []).Prepend(argument).Append("text").Where(type => !pseudo.Contains(type)).Distinct()],
        };
    }

    /// <summary>What takes any number of arguments, with none to three of them.</summary>
    private static IEnumerable<string[]> WithoutVariadic(string[] arguments, string? variadic) =>
        variadic is null ? [arguments] : [arguments, .. Enumerable.Range(0, 4).Select(count => arguments[..^1].Concat(Enumerable.Repeat(variadic, count)).ToArray())];

    private static IEnumerable<string[]> Combinations(string[][] fitting)
    {
        if (fitting.Any(static types => types.Length == 0))
        {
            return [];
        }

        return fitting.Aggregate(1L, static (product, types) => product * types.Length) <= MostCombinations
            ? fitting.Aggregate((IEnumerable<string[]>)[[]], static (combinations, types) => combinations.SelectMany(_ => types, static (before, type) => (string[])[.. before, type]))
            : fitting.SelectMany((types, place) => types.Select(type => fitting.Select((others, other) => other == place ? type : others[0]).ToArray()));
    }

    private static async Task ReadAsync(TestDatabase database, string sql, Action<Npgsql.NpgsqlDataReader> read)
    {
        await using var command = database.Source.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            read(rows);
        }
    }
}
