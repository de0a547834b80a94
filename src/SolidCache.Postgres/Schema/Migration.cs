using System.Globalization;
using System.Text.RegularExpressions;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>One step of the schema: an embedded <c>.sql</c> file whose number is the version it leads to.</summary>
internal sealed partial record Migration(int Version, string Template)
{
    /// <summary>The functions that are not for sweeps, by what it calls them.</summary>
    private static readonly string[] FunctionNames = [.. CacheRoutines.Functions.Select(static routine => routine.Name)];

    /// <summary>All steps in their order. Released ones never change.</summary>
    public static IReadOnlyList<Migration> All { get; } = [.. Embedded().OrderBy(migration => migration.Version)];

    /// <summary>The text for the tables of one cache. One pass, so that a name that looks like a placeholder stays a name.</summary>
    public string For(SqlNames names, bool unlogged) => Fill(Template, names, unlogged);

    private string Fill(string template, SqlNames names, bool unlogged) => Placeholder().Replace(template, match => match.Groups["name"].Value switch
    {
        "schema" => names.Schema,
        "schema_literal" => SqlNames.Literal(names.Schema),
        "entries" => names.Entries,
        "entries_literal" => SqlNames.Literal(names.Entries),
        "state" => names.State,
        "tag_removals" => names.TagRemovals,
        "invalidations" => names.Invalidations,
        "invalidations_literal" => SqlNames.Literal(names.Invalidations),
        "channel_literal" => SqlNames.Literal(names.Channel),
        "state_literal" => SqlNames.Literal(names.State),
        "tag_removals_literal" => SqlNames.Literal(names.TagRemovals),
        "tag_index_name" => names.TagIndexName,
        "tag_index_literal" => SqlNames.Literal(names.TagIndex),
        "tag_index_found" => TagIndex.Found(names).Indented(4),
        "tag_index_definition" => TagIndex.DefinitionOf(names),
        "cleanup_function" => names.CleanupFunction,
        "sweep_procedure" => names.SweepProcedure,
        "count_type" => names.CountType,
        "count_type_literal" => SqlNames.Literal(names.CountType),
        "refuse_count_type" => TypeOfCounts.Refuse(names).Indented(2),
        "is_count_type_there" => $"{TypeOfCounts.IsNamed(names)} AND {TypeOfCounts.IsInTheWay}",
        "schema_name" => SqlNames.Literal(names.Table.Schema),
        "entries_name" => SqlNames.Literal(names.Table.Table),
        "tag_removals_name" => SqlNames.Literal(names.Table.TagRemovals),
        "cleanup_name" => SqlNames.Literal(names.Table.CleanupFunction),
        "sweep_name" => SqlNames.Literal(names.Table.SweepProcedure),
        "is_called_cleanup" => CalledName.Is($"format('%I.%I(', {SqlNames.Literal(names.Table.Schema)}, {SqlNames.Literal(names.Table.CleanupFunction)})"),
        "is_called_sweep" => CalledName.Is($"format('%I.%I(', {SqlNames.Literal(names.Table.Schema)}, {SqlNames.Literal(names.Table.SweepProcedure)})"),
        "is_called_sweep_alone" => CalledName.Is($"format('%I(', {SqlNames.Literal(names.Table.SweepProcedure)})"),
        "is_gone" => EntryConditions.IsGone(names),
        "is_ours" => EntryConditions.IsOurs,
        "barrier" => RemovalBarrier.OnConflict,
        "record_sweep" => RecordSweep(names),
        "refuse_strangers" => SchemaOwners.RefuseStrangers(names),
        "refuse_renamed" => RefuseRenamed(names),
        "remove_changed" => RemoveChanged(names),
        "unlogged" => unlogged ? "UNLOGGED " : "",
        var function when Named(function, "_function") is { } name => names.Function(name),
        var function when Named(function, "_literal") is { } name => SqlNames.Literal(names.Function(name)),
        var unknown => throw new InvalidOperationException($"Migration {Version} has a placeholder '{unknown}' that nobody fills."),
    });

    private static string? Named(string placeholder, string end) =>
        placeholder.EndsWith(end, StringComparison.Ordinal) && FunctionNames.Contains(placeholder[..^end.Length]) ? placeholder[..^end.Length] : null;

    /// <summary>
    /// What both sweeps of SQL do at their end. Whoever has swept before and not committed yet is recorded in its place: what is deleted here is not to stay locked for as long as that takes.
    /// Where pg-safeupdate is loaded, no update passes without a condition; a column would need the right to read it.
    /// </summary>
    private static string RecordSweep(SqlNames names) =>
        $"""
        BEGIN
            PERFORM pg_catalog.set_config('lock_timeout', '100ms', true);
            UPDATE {names.State}
            SET last_sweep_finished_at = clock_timestamp(),
                last_sweep_deleted = deleted
            WHERE true;
            PERFORM pg_catalog.set_config('lock_timeout', lock_wait, true);
          EXCEPTION WHEN lock_not_available THEN
            NULL;
          END;
          IF has_table_privilege({SqlNames.Literal(names.TagRemovals)}, 'DELETE') THEN
            {EntryConditions.ForgetTagRemovals(names)};
          END IF;
        """;

    /// <summary>A schema that is renamed takes its functions along, and another cache may have the schema's old name by now: its table is not theirs.</summary>
    private static string RefuseRenamed(SqlNames names) =>
        $"""
        GET DIAGNOSTICS called = PG_CONTEXT;
          IF NOT {CalledName.Is($"format('%I.', {SqlNames.Literal(names.Table.Schema)})")} THEN
            RAISE EXCEPTION 'The schema of this function was renamed after it was made for %: nothing is removed.', {SqlNames.Literal(names.Entries)}
              USING HINT = 'Start the application with the new name of the schema, or run solid-cache migrate.';
          END IF;

        """;

    /// <summary>What a trigger does, all of which may fail: for want of a right on the schema too.</summary>
    private static string RemoveChanged(SqlNames names) =>
        $"""
        {RefuseRenamed(names)}
          IF TG_OP <> 'TRUNCATE' THEN
            BEGIN
              EXECUTE keys_query INTO keys USING OLD, NEW;
            EXCEPTION WHEN undefined_column THEN
              PERFORM {names.Function("template")}(TG_RELID::regclass, template, NULL::{names.CountType});
              RAISE;
            END;
          END IF;
          PERFORM {names.Function("removal")}(TG_RELID::regclass, template, prefix, keys, NULL::{names.CountType});
        """;

    [GeneratedRegex(@"\{(?<name>\w+)\}")]
    private static partial Regex Placeholder();

    private static IEnumerable<Migration> Embedded()
    {
        var assembly = typeof(Migration).Assembly;
        foreach (var file in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(file)!);
            yield return new Migration(int.Parse(file.AsSpan(0, 3), CultureInfo.InvariantCulture), reader.ReadToEnd());
        }
    }
}
