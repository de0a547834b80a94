using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Schema;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>Which names a cache's table may have, and what they give to the objects beside it.</summary>
public sealed class TableNameTests
{
    private static readonly string[] DefaultObjects = ["solid_cache_entries", "solid_cache_state", "cleanup_expired_cache", "sweep_expired_cache", "solid_cache_count"];

    [Test]
    public void The_default_table_brings_the_names_of_the_requirements() =>
        Assert.That(Objects(new("public", "solid_cache_entries")), Is.EqualTo(DefaultObjects));

    [Test]
    public void Another_table_gives_its_name_to_what_stands_beside_it()
    {
        string[] expected = ["sessions", "sessions_state", "sessions_cleanup_expired", "sessions_sweep_expired", "sessions_sweep_count"];

        Assert.That(Objects(new("public", "sessions")), Is.EqualTo(expected));
    }

    [Test]
    public void A_table_whose_state_would_be_the_default_ones_is_refused() =>
        Assert.That(() => new TableName("public", "solid_cache"), Throws.ArgumentException.With.Message.Contains("'solid_cache'"));

    [TestCase("cleanup_expired_cache")]
    [TestCase("sweep_expired_cache")]
    [TestCase("Solid_Cache_Entries")]
    [TestCase("solid_cache_entries_2")]
    public void A_second_cache_in_the_schema_shares_nothing_with_the_default_one(string table)
    {
        var second = new TableName("public", table);

        // Relations and routines have names apart from each other.
        Assert.That(Objects(second)[..2].Intersect(DefaultObjects[..2]), Is.Empty);
        Assert.That(Routines(second).Intersect(Routines(new("public", "solid_cache_entries"))), Is.Empty);
    }

    [TestCase("my-cache")]
    [TestCase("Ünï\"codé'")]
    [TestCase("{state}")]
    [TestCase("select")]
    [TestCase(" ")]
    [TestCase("a.b")]
    [TestCase("_state_")]
    public void Names_are_taken_literally(string name)
    {
        var table = new TableName(name, name);

        Assert.That((table.Schema, table.Table), Is.EqualTo((name, name)));
    }

    [TestCase("a", 46)]
    [TestCase("é", 23)]
    [TestCase("😀", 11)]
    public void A_table_name_has_at_most_46_bytes_so_that_no_derived_name_is_cut(string piece, int count)
    {
        var longest = string.Concat(Enumerable.Repeat(piece, count));
        var derived = Objects(new("public", longest));

        Assert.That(derived.Concat(Routines(new("public", longest))).Select(StoredKeys.Bytes), Has.All.Length.LessThanOrEqualTo(63));
        Assert.That(
            () => new TableName("public", longest + "abcd"),
            Throws.ArgumentException.With.Message.Contains("is not a table name for the cache: it must have 1 to 46 bytes of UTF-8")
                .And.Property(nameof(ArgumentException.ParamName)).EqualTo("table"));
    }

    [Test]
    public void A_schema_name_has_at_most_63_bytes()
    {
        Assert.That(new TableName(new string('s', 63), "t").Schema, Has.Length.EqualTo(63));
        Assert.That(
            () => new TableName(new string('s', 64), "t"),
            Throws.ArgumentException.With.Message.Contains("is not a schema name for the cache: it must have 1 to 63 bytes of UTF-8")
                .And.Property(nameof(ArgumentException.ParamName)).EqualTo("schema"));
    }

    [TestCase("")]
    [TestCase("a\0b")]
    [TestCase(@"a\ud83d")]
    [TestCase("a$solid_cache$b")]
    [TestCase("a$solid_cache_question$b")]
    public void Names_that_SQL_cannot_hold_are_refused(string escaped)
    {
        var name = escaped.Unescaped();

        Assert.That(() => new TableName(name, "t"), Throws.ArgumentException.With.Message.StartsWith($"'{name}' is not a schema name"));
        Assert.That(() => new TableName("s", name), Throws.ArgumentException.With.Message.StartsWith($"'{name}' is not a table name"));
    }

    [TestCase("_state")]
    [TestCase("sessions_tag_removals")]
    [TestCase("sessions_tags_idx")]
    [TestCase("solid_cache_state")]
    [TestCase("sessions_state")]
    public void A_name_that_ends_like_the_table_beside_another_is_refused(string name) =>
        Assert.That(
            () => new TableName("public", name),
            Throws.ArgumentException.With.Message.Contains("at the end names what stands beside one"));

    [Test]
    public void In_messages_it_reads_as_a_person_would_write_it() =>
        Assert.That(new TableName("my schema", "t").ToString(), Is.EqualTo("my schema.t"));

    [Test]
    public void No_routine_of_one_cache_has_the_name_of_another_ones()
    {
        // A table whose name ends like the start of a routine's must not complete another routine's.
        var names = CacheRoutines.Of(new("public", "t")).Select(static routine => routine.Name).ToList();

        Assert.That(names, Has.Count.EqualTo(CacheRoutines.Count).And.Unique);
        Assert.That(names.Where(name => names.Exists(other => other != name && name.EndsWith(other[1..], StringComparison.Ordinal))), Is.Empty);
    }

    private static string[] Objects(TableName table) =>
        [table.Table, table.State, table.CleanupFunction, table.SweepProcedure, table.CountType];

    private static IEnumerable<string> Routines(TableName table) => CacheRoutines.Of(table).Select(static routine => routine.Name);
}
