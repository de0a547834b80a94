using System.Security.Cryptography;
using System.Text;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>Whose the tables and functions are: who owns one decides what runs with the rights of others.</summary>
internal static class SchemaOwners
{
    /// <summary>
    /// Whether what is there already belongs to nobody whom this role need not trust. Asked again whenever tables were made, before anything is done with them: while a statement
    /// waits, somebody else may make what the next one would find.
    /// </summary>
    public static string RefuseStrangers(SqlNames names) =>
        $"""
        DO $solid_cache$
        BEGIN
          -- Whatever else stands there now was not this script: it runs in no transaction, or something of somebody's has run. Tools may have indented it.
          IF pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.translate(coalesce(pg_catalog.current_setting('solid_cache.refuse_strangers', true), ''), E' \t\r\n', ''), 'UTF8')), 'hex')
            OPERATOR(pg_catalog.<>) '{HashOf(Asked(names))}' THEN
            RAISE EXCEPTION 'The look at whose the cache''s tables are is not that of this script.'
              USING HINT = 'Run the whole script in one transaction that ends with the first error: psql -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=off.';
          END IF;
          EXECUTE pg_catalog.current_setting('solid_cache.refuse_strangers');
        END
        $solid_cache$;
        """;

    /// <summary>
    /// When all is made, and nobody can make anything of its names any more: what somebody made after the look before was taken for what is to be replaced, and is his still.
    /// The rest goes to whose the entries are.
    /// </summary>
    public static string Settle(SqlNames names) => $"{RefuseStrangers(names)}\n\n{HandOver(names)}\n";

    /// <summary>The question, which is written down once for the transaction: a function could be somebody else's, or be replaced by him.</summary>
    public static string QuestionOfStrangers(SqlNames names) =>
        $"""
        DO $solid_cache$
        BEGIN
          PERFORM pg_catalog.set_config('solid_cache.refuse_strangers', $solid_cache_question${Asked(names)}$solid_cache_question$, true);
          -- What is there before.
          PERFORM pg_catalog.set_config('solid_cache.found', coalesce((SELECT string_agg(oid::text, ',') FROM pg_class WHERE oid IN ({Tables(names)})), ''), true);
        END
        $solid_cache$;
        """;

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(text.Where(static letter => letter is not (' ' or '\t' or '\r' or '\n'))))));

    private static string Asked(SqlNames names) => $"\n{Question(names)}\n";

    private static string Question(SqlNames names) =>
        $"""
        DO $solid_cache_strangers$
        DECLARE
          given text;
          refusal text;
          advice text;
        BEGIN
          -- What default privileges have given on a table that was not there before, and nobody needs.
          FOR given IN
            SELECT format('REVOKE TRIGGER, REFERENCES ON %s FROM %s', made.oid::regclass, CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE held.grantee::regrole::text END)
            FROM pg_class AS made
            CROSS JOIN LATERAL aclexplode(made.relacl) AS held
            WHERE made.oid IN ({Tables(names)})
              AND made.oid::text <> ALL (string_to_array(current_setting('solid_cache.found'), ','))
              AND made.relowner IN (SELECT oid FROM pg_roles WHERE rolname = current_user)
              AND held.privilege_type IN ('TRIGGER', 'REFERENCES')
              AND held.grantee <> made.relowner
          LOOP
            EXECUTE given;
          END LOOP;

          WITH {SchemaInspection.TrustedBy(names.Table).Indented(2)}
          SELECT found.refusal, found.advice INTO refusal, advice
          FROM (
            SELECT
              1,
              format('A superuser does not work with the cache %s: %s, and who owns such a place can have those who work there do what he likes.', {SqlNames.Literal(names.Entries)}, unsafe.place),
              'Run this as a role without a superuser''s rights that may create in the schema, from its own login. What superusers have made there before is handed over as docs/security.md says, Superusers.'
            FROM (
              {SchemaInspection.Unsafe.Indented(6)}
            ) AS unsafe
            WHERE unsafe.place IS NOT NULL
            UNION ALL
            SELECT
              2,
              format('A table, function or type of the cache %s belongs to the role %s, who would read and change all that is in it.', {SqlNames.Literal(names.Entries)}, pg_get_userbyid(made.owner)),
              'If that role made it for this cache, run this as that role, or let a superuser hand it over (docs/security.md, Superusers). Else drop it, or choose another name.'
            FROM (
              -- One that a transaction's snapshot does not see was made by somebody since.
              SELECT coalesce(relowner, 0)
              FROM unnest(ARRAY[{Tables(names)}]) AS made (id)
              LEFT JOIN pg_class ON pg_class.oid = made.id
              WHERE made.id IS NOT NULL
              UNION ALL
              SELECT proowner
              FROM pg_proc
              WHERE {IsRoutine(names)}
              UNION ALL
              SELECT type.typowner
              FROM pg_type AS type
              WHERE {TypeOfCounts.IsNamed(names)}
                AND {TypeOfCounts.IsInTheWay}
            ) AS made (owner)
            WHERE made.owner NOT IN (SELECT oid FROM trusted)
            UNION ALL
            SELECT
              3,
              format(
                'The table %s of the cache %s has what the library did not make and does not work with: %s.',
                made.relname, {SqlNames.Literal(names.Entries)}, CASE made.relkind WHEN 'r' THEN oddity.what ELSE 'another kind than that of an ordinary table' END),
              'Drop or revoke it.'
            FROM pg_class AS made
            LEFT JOIN LATERAL (
              {SchemaOddities.Of("made", names.Table.Function("log_change")).Indented(6)}
            ) AS oddity ON true
            WHERE made.oid IN ({Tables(names)})
              AND (oddity.what IS NOT NULL OR made.relkind <> 'r')
          ) AS found (rank, refusal, advice)
          ORDER BY found.rank
          LIMIT 1;
          IF refusal IS NOT NULL THEN
            RAISE EXCEPTION '%', refusal USING HINT = advice;
          END IF;
        END
        $solid_cache_strangers$
        """;

    /// <summary>
    /// One of the functions runs with its owner's rights, and who owns a table that it reads may put in its place what calls functions of his own: those of a superuser
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
        string.Join(", ", ((string[])[names.Entries, names.State, names.TagRemovals, names.Invalidations]).Select(ToRegclass));

    private static string ToRegclass(string table) => $"to_regclass({SqlNames.Literal(table)})";

    private static string IsRoutine(SqlNames names) =>
        $"pronamespace = to_regnamespace({SqlNames.Literal(names.Schema)}) AND proname IN ({string.Join(", ", CacheRoutines.Of(names.Table).Select(static routine => SqlNames.Literal(routine.Name)))}) "
        + $"AND {SchemaInspection.Holds("prosrc", names.Entries)}";
}
