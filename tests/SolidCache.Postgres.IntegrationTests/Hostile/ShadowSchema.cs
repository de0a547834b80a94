using System.Text;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>
/// A neighbour's schema with a function and an operator for every call that PostgreSQL's own fit only by a conversion, and for those that
/// fit exactly too. Each raises an error and says which it is.
/// </summary>
/// <remarks>A better fit wins even where <c>pg_catalog</c> is searched first: that is how a schema that others may write to is abused.</remarks>
public static class ShadowSchema
{
    public const string Name = "shadows";

    private static readonly string[] OperandTypes =
        ["bigint", "integer", "numeric", "double precision", "text", "varchar", "timestamptz", "interval", "boolean", "oid", "regclass", "tid", "\"char\""];

    private static readonly string[] ArgumentTypes = ["text", "varchar", "bigint", "integer", "double precision", "numeric", "timestamptz", "regclass", "bytea"];

    private static readonly string[] Operators = ["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "||", "~~"];

    private static readonly string[] Functions =
    [
        "now", "clock_timestamp", "random", "pg_backend_pid", "pg_is_in_recovery", "current_setting", "set_config", "replace", "strpos", "format", "floor",
        "isfinite", "octet_length", "to_regclass", "to_regnamespace", "pg_relation_size", "pg_total_relation_size", "pg_advisory_xact_lock", "hashtextextended",
        "generate_series", "unnest", "sum", "max",
    ];

    public static Task CreateAsync(TestDatabase database)
    {
        var sql = new StringBuilder($"CREATE SCHEMA {Name}; GRANT USAGE ON SCHEMA {Name} TO PUBLIC;\n");
        foreach (var name in Functions)
        {
            Function(sql, name, "");
            foreach (var first in ArgumentTypes)
            {
                Function(sql, name, first);
                foreach (var second in ArgumentTypes)
                {
                    Function(sql, name, $"{first}, {second}");
                }
            }
        }

        Function(sql, "set_config", "text, text, boolean");
        Function(sql, "set_config", "varchar, varchar, boolean");
        Function(sql, "replace", "text, text, text");
        Function(sql, "replace", "text, varchar, varchar");
        for (var index = 0; index < Operators.Length; index++)
        {
            foreach (var left in OperandTypes)
            {
                foreach (var right in OperandTypes)
                {
                    Function(sql, $"operator_{index}", $"{left}, {right}", IsComparison(Operators[index]) ? "boolean" : left);
                    sql.Append($"CREATE OPERATOR {Name}.{Operators[index]} (FUNCTION = {Name}.operator_{index}, LEFTARG = {left}, RIGHTARG = {right});\n");
                }
            }
        }

        return database.ExecuteAsync(sql.ToString());
    }

    private static bool IsComparison(string name) => name is not ("+" or "-" or "*" or "/" or "||");

    private static void Function(StringBuilder sql, string name, string arguments, string result = "bigint") => sql.Append(
        $"CREATE FUNCTION {Name}.{name}({arguments}) RETURNS {result} LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'shadow: {name}({arguments})'; END $$;\n");
}
