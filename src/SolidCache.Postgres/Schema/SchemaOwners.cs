using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>Whose the tables and functions are: who owns one decides what runs with the rights of others.</summary>
internal static class SchemaOwners
{
    /// <summary>
    /// When all is made, and nobody can make anything of its names any more: what somebody made after the look before was taken for what is to be replaced, and is his still.
    /// The rest goes to whose the entries are.
    /// </summary>
    public static string Settle(SqlNames names) => $"{RefuseStrangers(names)}\n\n{HandOver(names)}\n";

    /// <summary>What is there already belongs to nobody whom this role need not trust.</summary>
    public static string RefuseStrangers(SqlNames names) =>
        $"""
        DO $solid_cache$
        DECLARE
          stranger text;
        BEGIN
          WITH {SchemaInspection.TrustedBy(names.Table).Replace("\n", "\n  ", StringComparison.Ordinal)}
          SELECT pg_get_userbyid(found.owner) INTO stranger
          FROM (
            SELECT relowner
            FROM pg_class
            WHERE oid IN ({Tables(names)})
            UNION ALL
            SELECT proowner
            FROM pg_proc
            WHERE {IsRoutine(names)}
          ) AS found (owner)
          WHERE found.owner NOT IN (SELECT oid FROM trusted)
          LIMIT 1;
          IF stranger IS NOT NULL THEN
            RAISE EXCEPTION 'A table or function of the cache % belongs to the role %, who would read and change all that is in it.', {SqlNames.Literal(names.Entries)}, stranger
              USING HINT = 'If that role made it for this cache, run this as that role. Else drop it, or choose another name.';
          END IF;
        END
        $solid_cache$;
        """;

    /// <summary>
    /// Some of the functions run with their owner's rights, and who owns a table that they use may put in its place what calls functions of his own: those of a superuser
    /// beside tables of somebody else would let him do what a superuser may.
    /// </summary>
    private static string HandOver(SqlNames names) =>
        $"""
        DO $solid_cache$
        DECLARE
          me oid := (SELECT oid FROM pg_roles WHERE rolname = current_user);
          holder regrole := (SELECT relowner FROM pg_class WHERE oid = to_regclass({SqlNames.Literal(names.Entries)}));
          made text;
        BEGIN
          FOR made IN
            SELECT format('TABLE %s', oid::regclass)
            FROM pg_class
            WHERE oid IN ({Tables(names)})
              AND relowner = me
              AND relowner <> holder
            UNION ALL
            SELECT format('ROUTINE %s', oid::regprocedure)
            FROM pg_proc
            WHERE {IsRoutine(names)}
              AND proowner = me
              AND proowner <> holder
          LOOP
            EXECUTE format('ALTER %s OWNER TO %s', made, holder);
          END LOOP;
        EXCEPTION WHEN insufficient_privilege THEN
          NULL; -- A member of that role, who may not make anything for it.
        END
        $solid_cache$;
        """;

    private static string Tables(SqlNames names) =>
        string.Join(", ", ((string[])[names.Entries, names.State, names.TagRemovals, names.Invalidations]).Select(static table => $"to_regclass({SqlNames.Literal(table)})"));

    private static string IsRoutine(SqlNames names) =>
        $"pronamespace = to_regnamespace({SqlNames.Literal(names.Schema)}) AND proname IN ({string.Join(", ", CacheRoutines.Of(names.Table).Select(static routine => SqlNames.Literal(routine.Name)))}) "
        + $"AND {SchemaInspection.Holds("prosrc", names.Entries)}";
}
