using System.Globalization;
using System.Text;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Contracts;

namespace SolidCache.Postgres.IntegrationTests.Removal;

/// <summary>Triggers that remove what was cached of a row, whoever changes it and from where.</summary>
public sealed class Triggers() : ContractFixture(Calling.Async)
{
    private const string Partitioned = "PARTITION BY RANGE (id)";
    private string _table = null!;

    [SetUp]
    public void NameTable() => _table = $"users_{Guid.NewGuid():N}";

    [TearDown]
    public Task DropTableAsync() => Database.ExecuteAsync($"DROP TABLE IF EXISTS {_table}; TRUNCATE solid_cache_entries");

    [TestCase("")]
    [TestCase(Partitioned)]
    public async Task Every_change_removes_the_key_of_the_row_as_it_was_and_as_it_is(string partitions)
    {
        await CreateTableAsync(partitions);
        await InstallAsync("user:{id}");

        await RemovesAsync($"INSERT INTO {_table} VALUES (1, 'a'), (2, 'b'), (3, 'c')", "user:1", "user:2", "user:3");
        await RemovesAsync($"UPDATE {_table} SET id = id + 10 WHERE id < 3", "user:1", "user:11", "user:12", "user:2");
        await RemovesAsync($"UPDATE {_table} SET name = 'd' WHERE id = 3", "user:3");
        await RemovesAsync($"UPDATE {_table} SET name = 'd' WHERE id = 4711");
        await RemovesAsync($"INSERT INTO {_table} VALUES (3, 'e'), (4, 'f') ON CONFLICT (id) DO UPDATE SET name = excluded.name", "user:3", "user:4");
        await RemovesAsync($"MERGE INTO {_table} AS u USING (VALUES (4), (5)) AS v (id) ON u.id = v.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (v.id, '')", "user:4", "user:5");
        await RemovesAsync($"WITH gone AS (DELETE FROM {_table} WHERE id = 5 RETURNING *) INSERT INTO {_table} SELECT id + 1, name FROM gone", "user:5", "user:6");
        await RemovesAsync($"DELETE FROM {_table} WHERE id > 10", "user:11", "user:12");
    }

    [TestCase("")]
    [TestCase(Partitioned)]
    public async Task The_columns_of_a_table_may_have_any_name(string partitions)
    {
        await CreateTableAsync(partitions);
        string[] names = ["parts", "keys", "template", "prefix", "called", "changed", "new_rows", "old_rows", "table_name", "own", "key", "tg_op", "found"];
        await Database.ExecuteAsync(string.Join(';', names.Select(name => $"ALTER TABLE {_table} ADD COLUMN {name} int DEFAULT 7")));
        await InstallAsync("user:{id}" + string.Concat(names.Select(name => $":{{{name}}}")));
        var end = string.Concat(names.Select(_ => ":7"));

        await RemovesAsync($"INSERT INTO {_table} VALUES (1, 'a')", $"user:1{end}");
        await RemovesAsync($"UPDATE {_table} SET id = 2", $"user:1{end}", $"user:2{end}");
        await RemovesAsync($"DELETE FROM {_table}", $"user:2{end}");
    }

    [Test]
    public async Task A_session_may_begin_or_cease_to_quote_all_identifiers()
    {
        await CreateTableAsync();
        await InstallAsync("user:{id}");
        await using var connection = await Database.Source.OpenConnectionAsync();
        foreach (var (id, quotes) in ((int, string)[])[(1, "off"), (2, "on"), (3, "off")])
        {
            await RunAsync(connection, $"SET quote_all_identifiers = {quotes}; INSERT INTO {_table} VALUES ({id}, ''); SELECT solid_cache_remove('else'); SELECT solid_cache_remove_by_tag('else')");
        }
    }

    [Test]
    public async Task A_truncation_removes_all_that_starts_as_the_template_does()
    {
        await CreateTableAsync();
        await InstallAsync("user:{id}:profile");
        await InstallAsync("all users");
        string[] stay = ["user", "user;1", "users:1", "all", "all users of 2026"];
        string[] go = ["user:1:profile", "user:2", "user:1^2", "user:" + new string('l', 2_000), "all users"];
        await Task.WhenAll(stay.Concat(go).Select(key => SolidCache.SetAsync(key, [1], Forever)));
        await using var shop = await StartNodeAsync(options => options.KeyPrefix = "user:");
        await shop.Cache.SetAsync("1", [1], Forever);

        await Database.ExecuteAsync($"TRUNCATE {_table}");

        Assert.That(await ExistingAsync([.. stay, .. go]), Is.EqualTo(stay));
        Assert.That(await shop.Cache.ExistsAsync("1"), Is.True, "Of another cache.");
        await Database.ExecuteAsync($"SELECT solid_cache_forget('{_table}', 'user:{{id}}:profile'), solid_cache_remove_on_change('{_table}', '{{id}}', 'user:')");
        await Database.ExecuteAsync($"TRUNCATE {_table}");
        Assert.That(await shop.Cache.ExistsAsync("1"), Is.False);
        Assert.That(await ExistingAsync(stay), Is.EqualTo(stay));
    }

    [TestCase("REPEATABLE READ")]
    [TestCase("SERIALIZABLE")]
    public async Task A_truncation_fails_that_cannot_see_what_was_stored_since_its_transaction_began(string level)
    {
        await CreateTableAsync();
        await InstallAsync("user:{id}");
        await Database.ExecuteAsync($"INSERT INTO {_table} VALUES (1, 'a')");
        await using var connection = await Database.Source.OpenConnectionAsync();
        await RunAsync(connection, $"BEGIN ISOLATION LEVEL {level}; SELECT 1");
        await SolidCache.GetOrCreateAsync("user:1", async _ => Encoding.UTF8.GetBytes(await Database.ScalarAsync<string>($"SELECT name FROM {_table}")));

        await Assert.ThatAsync(
            () => RunAsync(connection, $"TRUNCATE {_table}"),
            Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.FeatureNotSupported).And.Message.Contains("what was stored since"));
        await RunAsync(connection, "ROLLBACK");
        Assert.That(await SolidCache.ExistsAsync("user:1"), Is.True);

        await Database.ExecuteAsync($"SELECT solid_cache_forget('{_table}', 'user:{{id}}'), solid_cache_remove_on_change('{_table}', 'user:{{id}}', on_failure => 'warn'), solid_cache_remove_on_change('{_table}', 'all users')");
        await SolidCache.SetAsync("all users", [1], Forever);
        await RunAsync(connection, $"BEGIN ISOLATION LEVEL {level}; SELECT 1; TRUNCATE {_table}; COMMIT");
        Assert.That(await SolidCache.ExistsAsync("all users"), Is.False, "A template without a column is a key, which any transaction can remove.");
    }

    [Test]
    public async Task A_template_has_columns_and_braces_and_what_SQL_could_take_for_its_own()
    {
        await Database.ExecuteAsync($"""CREATE TABLE {_table} ("Id" int, "a b" text, changed text, key text)""");
        await InstallAsync("""{{'%s'}}\{Id}:{a b}/{changed}^{key}$1{{""");

        await RemovesAsync($$"""INSERT INTO {{_table}} VALUES (1, '{Id}', 'é''\', '😀')""", """^{'%s'}\1:{Id}/é'\^😀$1{""");
        await RemovesAsync($"""UPDATE {_table} SET "a b" = NULL""", """^{'%s'}\1:{Id}/é'\^😀$1{""");
        await RemovesAsync($"""UPDATE {_table} SET key = NULL""");
        await RemovesAsync($"INSERT INTO {_table} VALUES (2, '', repeat('l', 2000), '')", await Database.ScalarAsync<string>("""SELECT solid_cache_stored_key('{''%s''}' || chr(92) || '2:/' || repeat('l', 2000) || '^$1{')"""));
    }

    [TestCase("")]
    [TestCase("PARTITION BY LIST (i)")]
    public async Task A_column_becomes_the_same_text_whatever_the_settings_of_who_changes_it(string partitions)
    {
        await Database.ExecuteAsync(
            $"""
            CREATE TABLE {_table} (i int, n numeric(9, 2), f float8, b bool, d date, t timestamp, z timestamptz, v interval, u uuid, y bytea, r daterange, m money) {partitions};
            {(partitions.Length > 0 ? $"CREATE TABLE {_table}_all PARTITION OF {_table} DEFAULT;" : "")}
            """);
        await InstallAsync("{i} {n} {f} {b} {d} {t} {z} {v} {u} {y} {r} {m}");

        await RemovesAsync(
            $"""
            SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Kolkata'; SET intervalstyle = 'iso_8601'; SET bytea_output = 'escape'; SET extra_float_digits = -3;
            INSERT INTO {_table} VALUES (
              -1, 1.5, 0.1::float8 + 0.2::float8, true, '13/12/2026', '13/12/2026 23:59:59.5', '2026-12-14T00:30+05:30', '1 day 02:03', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', 'ab', '[13/12/2026,15/12/2026)', '1.5');
            RESET ALL
            """,
            @"-1 1.50 0.30000000000000004 true 2026-12-13 2026-12-13T23:59:59.5 2026-12-13T19:00:00+00:00 1 day 02:03:00 a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 \x6162 [2026-12-13,2026-12-15) $1.50");
    }

    [TestCase("")]
    [TestCase(Partitioned)]
    public async Task After_the_commit_of_a_change_nobody_reads_the_old_value_nor_stores_it_again(string partitions)
    {
        await CreateTableAsync(partitions);
        await InstallAsync("user:{id}");
        await Database.ExecuteAsync($"INSERT INTO {_table} VALUES (1, 'old')");
        await using var connection = await Database.Source.OpenConnectionAsync();
        Assert.That(await NameAsync(), Is.EqualTo("old"));

        await using (var undone = await connection.BeginTransactionAsync())
        {
            await RunAsync(connection, $"UPDATE {_table} SET name = 'undone'");
            await undone.RollbackAsync();
        }

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await transaction.SaveAsync("here");
            await RunAsync(connection, $"UPDATE {_table} SET name = 'undone'");
            await transaction.RollbackAsync("here");
            Assert.That(await SolidCache.ExistsAsync("user:1"), Is.True);
            await RunAsync(connection, $"UPDATE {_table} SET name = 'new'");
            Assert.That(await NameAsync(), Is.EqualTo("old"), "Until the commit everybody sees what was there.");
            await transaction.CommitAsync();
        }

        Assert.That(await SolidCache.ExistsAsync("user:1"), Is.False);
        await SolidCache.GetOrCreateAsync("user:1", async _ =>
        {
            var old = await Database.ScalarAsync<string>($"SELECT name FROM {_table}");
            await Database.ExecuteAsync($"UPDATE {_table} SET name = 'newest'");
            return Encoding.UTF8.GetBytes(old);
        });
        Assert.That(await NameAsync(), Is.EqualTo("newest"), "The factory read before the commit, and ended after it.");

        async Task<string> NameAsync() => Encoding.UTF8.GetString(await SolidCache.GetOrCreateAsync(
            "user:1", async _ => Encoding.UTF8.GetBytes(await Database.ScalarAsync<string>($"SELECT name FROM {_table}"))));
    }

    [Test]
    public async Task A_partition_may_be_changed_by_its_own_name_and_be_added_later()
    {
        await CreateTableAsync(Partitioned);
        await InstallAsync("user:{id}");
        await Database.ExecuteAsync($"CREATE TABLE {_table}_later PARTITION OF {_table} FOR VALUES FROM (100) TO (200)");

        await RemovesAsync($"INSERT INTO {_table} VALUES (1, 'a'), (101, 'b')", "user:1", "user:101");
        await RemovesAsync($"UPDATE {_table}_later SET name = 'c'", "user:101");
        await RemovesAsync($"UPDATE {_table} SET id = 102 WHERE id = 1", "user:1", "user:102");
        await SolidCache.SetAsync("user:7", [1], Forever);
        await Database.ExecuteAsync($"TRUNCATE {_table}_low");
        Assert.That(await SolidCache.ExistsAsync("user:7"), Is.False);
        Assert.That(await ForgetAsync("user:{id}"), Is.True);
        await RemovesAsync($"TRUNCATE {_table}; INSERT INTO {_table} VALUES (1, 'a'), (101, 'b')");
    }

    /// <summary>Each kind of table has triggers of its own, and both at once would do the work twice, and fail in two ways.</summary>
    [Test]
    public async Task To_install_them_again_on_what_has_become_a_partition_or_is_none_any_more_leaves_those_of_its_kind()
    {
        await CreateTableAsync(Partitioned);
        var part = $"{_table}_low";
        await InstallOnPartAsync("fail");
        Assert.That(await KindsAsync(), Is.EqualTo((string[])["change fail", "truncate fail"]));

        await Database.ExecuteAsync($"ALTER TABLE {_table} DETACH PARTITION {part}");
        await InstallOnPartAsync("warn");
        Assert.That(await KindsAsync(), Is.EqualTo((string[])["delete warn", "insert warn", "truncate warn", "update warn"]));

        await Database.ExecuteAsync($"ALTER TABLE {_table} ATTACH PARTITION {part} FOR VALUES FROM (0) TO (10)");
        await InstallOnPartAsync("fail");
        Assert.That(await KindsAsync(), Is.EqualTo((string[])["change fail", "truncate fail"]));

        Task InstallOnPartAsync(string onFailure) => Database.ExecuteAsync($"SELECT solid_cache_remove_on_change('{part}', 'user:{{id}}', on_failure => '{onFailure}')");

        Task<string[]> KindsAsync() => Database.ScalarAsync<string[]>(
            $"""
            SELECT array_agg(split_part(tgname, '_', 4) || CASE WHEN encode(tgargs, 'escape') LIKE '%warn%' THEN ' warn' ELSE ' fail' END ORDER BY tgname)
            FROM pg_trigger WHERE tgrelid = '{part}'::regclass
            """);
    }

    [TestCase("")]
    [TestCase(Partitioned)]
    public async Task To_install_triggers_again_leaves_enabled_and_disabled_what_the_tables_owner_has_chosen(string partitions)
    {
        await CreateTableAsync(partitions);
        await InstallAsync("user:{id}");
        await InstallAsync("all users");
        var names = await Database.ScalarAsync<string[]>(
            $"SELECT array_agg(tgname::text ORDER BY tgname) FROM pg_trigger WHERE tgrelid = '{_table}'::regclass AND tgargs LIKE 'user:%'");
        string[] choices = ["ENABLE ALWAYS", "DISABLE", "ENABLE REPLICA", "ENABLE"];
        await Database.ExecuteAsync(string.Join(';', names.Select((name, index) => $"ALTER TABLE {_table} {choices[index]} TRIGGER {name}")));
        if (partitions.Length > 0)
        {
            await Database.ExecuteAsync($"ALTER TABLE {_table}_low DISABLE TRIGGER {names[0]}; ALTER TABLE {_table}_high ENABLE ALWAYS TRIGGER {names[1]}");
        }

        var chosen = await EnabledAsync();

        await Database.ExecuteAsync($"SELECT solid_cache_remove_on_change('{_table}', 'user:{{id}}', on_failure => 'warn')");

        Assert.That(chosen, Has.Some.EndsWith(" A").And.Some.EndsWith(" D").And.Some.EndsWith(" O"));
        Assert.That(await EnabledAsync(), Is.EqualTo(chosen));
        await using var connection = await Database.Source.OpenConnectionAsync();
        await RunAsync(connection, $"SET session_replication_role = replica; INSERT INTO {_table} VALUES (50, 'a'); RESET session_replication_role");
        Assert.That(await StoredAsync(), Is.EqualTo(partitions.Length > 0 ? (string[])["user:50"] : []), "An ordinary table's first trigger is that of deletions.");

        Task<string[]> EnabledAsync() => Database.ScalarAsync<string[]>(
            $"SELECT array_agg(concat_ws(' ', tgrelid::regclass, tgname, tgenabled) ORDER BY tgrelid, tgname) FROM pg_trigger WHERE tgname LIKE 'solid_cache_on%'");
    }

    [TestCase("ALTER TABLE {0} ALTER COLUMN name TYPE text USING name || '!'")]
    [TestCase("ALTER TABLE {0} DISABLE TRIGGER ALL; UPDATE {0} SET name = 'b'")]
    [TestCase("SET session_replication_role = replica; UPDATE {0} SET name = 'b'; RESET session_replication_role")]
    public async Task The_page_says_what_no_trigger_sees(string change)
    {
        await CreateTableAsync();
        await Database.ExecuteAsync($"INSERT INTO {_table} VALUES (1, 'a')");
        await InstallAsync("user:{id}");

        await RemovesAsync(string.Format(CultureInfo.InvariantCulture, change, _table));
    }

    [TestCase("json")]
    [TestCase("jsonb")]
    public async Task A_null_of_JSON_is_null(string type)
    {
        await Database.ExecuteAsync($"CREATE TABLE {_table} (id int, document {type})");
        await InstallAsync("{id}:{document}");

        await RemovesAsync($"""INSERT INTO {_table} VALUES (1, 'null'), (2, NULL), (3, '"null"')""", "3:null");
    }

    [TestCase("")]
    [TestCase("PARTITION BY LIST (id)")]
    public async Task A_column_that_the_template_does_not_name_may_hold_what_no_jsonb_can(string partitions)
    {
        await Database.ExecuteAsync($"CREATE TABLE {_table} (id int, document json) {partitions}" + (partitions is "" ? "" : $"; CREATE TABLE {_table}_all PARTITION OF {_table} DEFAULT"));
        await InstallAsync("user:{id}");

        await RemovesAsync($$"""INSERT INTO {{_table}} VALUES (1, '["\u0000", 1e999999, "\ud800"]'), (2, '{}')""", "user:1", "user:2");
        await RemovesAsync($$"""UPDATE {{_table}} SET document = '"\u0000"' WHERE id = 1""", "user:1");
        await RemovesAsync($"DELETE FROM {_table} WHERE id = 1", "user:1");
    }

    [Test]
    public async Task What_inherits_is_seen_by_the_name_of_what_it_inherits_from_too()
    {
        await CreateTableAsync();
        await Database.ExecuteAsync($"CREATE TABLE {_table}_child (extra int) INHERITS ({_table}); INSERT INTO {_table}_child VALUES (1, 'a', 7), (2, 'b', 8)");
        try
        {
            await Database.ExecuteAsync($"SELECT solid_cache_remove_on_change('{_table}_child', 'child:{{id}}:{{extra}}')");
            await RemovesAsync($"UPDATE {_table} SET name = 'c' WHERE id = 1", "child:1:7");
            await RemovesAsync($"UPDATE {_table}_child SET extra = 9 WHERE id = 1", "child:1:7", "child:1:9");
            await RemovesAsync($"DELETE FROM {_table} WHERE id = 2", "child:2:8");
        }
        finally
        {
            await Database.ExecuteAsync($"DROP TABLE {_table}_child");
        }
    }

    /// <summary>PostgreSQL takes <c>row.count</c> for <c>count(row)</c> where the row has no such column.</summary>
    [Test]
    public async Task A_column_that_is_gone_is_not_taken_for_a_function_or_the_row([Values("count", "pg_typeof", "to_json", "array_agg", "max", "changed", "new_rows", "old_rows", "row", "ctid2")] string column, [Values("", "PARTITION BY LIST (id)")] string partitions)
    {
        await Database.ExecuteAsync($"CREATE TABLE {_table} (id int, \"{column}\" int) {partitions}" + (partitions is "" ? "" : $"; CREATE TABLE {_table}_all PARTITION OF {_table} DEFAULT"));
        await InstallAsync($"x:{{{column}}}");
        await RemovesAsync($"INSERT INTO {_table} VALUES (1, 5)", "x:5");
        await Database.ExecuteAsync($"ALTER TABLE {_table} DROP COLUMN \"{column}\"");

        foreach (var change in (string[])["INSERT INTO {0} (id) VALUES (2)", "UPDATE {0} SET id = 3", "DELETE FROM {0}"])
        {
            await Assert.ThatAsync(
                () => Database.ExecuteAsync(string.Format(CultureInfo.InvariantCulture, change, _table)),
                Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.UndefinedColumn).And.Message.Contains($"names '{column}'"));
        }
    }

    [Test]
    public async Task A_delete_that_cascades_removes_too()
    {
        await CreateTableAsync();
        await Database.ExecuteAsync($"CREATE TABLE {_table}_roles (user_id bigint REFERENCES {_table} ON DELETE CASCADE ON UPDATE CASCADE, role text)");
        try
        {
            await Database.ExecuteAsync($"INSERT INTO {_table} VALUES (1, 'a'), (2, 'b'); INSERT INTO {_table}_roles VALUES (1, 'x'), (1, 'y'), (2, 'z')");
            await Database.ExecuteAsync($"SELECT solid_cache_remove_on_change('{_table}_roles', 'roles:{{user_id}}')");
            await RemovesAsync($"UPDATE {_table} SET id = 3 WHERE id = 2", "roles:2", "roles:3");
            await RemovesAsync($"DELETE FROM {_table}", "roles:1", "roles:3");
        }
        finally
        {
            await Database.ExecuteAsync($"DROP TABLE {_table}_roles");
        }
    }

    [TestCase("", "RENAME COLUMN name TO full_name")]
    [TestCase("", "DROP COLUMN name")]
    [TestCase(Partitioned, "DROP COLUMN name")]
    public async Task A_change_says_that_a_column_of_the_template_is_gone(string partitions, string alteration)
    {
        await CreateTableAsync(partitions);
        await InstallAsync("user:{name}");
        await Database.ExecuteAsync($"ALTER TABLE {_table} {alteration}");

        await Assert.ThatAsync(
            () => Database.ExecuteAsync($"INSERT INTO {_table} (id) VALUES (1)"),
            Throws.InstanceOf<PostgresException>().With.Message.Contains("of the cache \"public\".\"solid_cache_entries\" names 'name', which is no stored column of").And.Property("SqlState").EqualTo(PostgresErrorCodes.UndefinedColumn)
                .And.Property("Hint").Contains("solid_cache_forget"));
        Assert.That(await ForgetAsync("user:{name}"), Is.True);
        Assert.That(await ForgetAsync("user:{name}"), Is.False);
        await RemovesAsync($"INSERT INTO {_table} (id) VALUES (1)");
    }

    [TestCase("")]
    [TestCase(Partitioned)]
    public async Task Whether_a_failure_fails_the_statement_is_the_applications_choice(string partitions)
    {
        await CreateTableAsync(partitions);
        var role = $"no_cache_{Guid.NewGuid():N}";
        await Database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT ALL ON {_table} TO {role}");
        try
        {
            await using var source = NpgsqlDataSource.Create(Database.ConnectionStringOf(role, "secret") + ";Pooling=false");
            await using var connection = await source.OpenConnectionAsync();
            var warnings = new List<string>();
            connection.Notice += (_, told) => warnings.Add(told.Notice.MessageText);

            await InstallAsync("user:{id}");
            await Assert.ThatAsync(
                () => RunAsync(connection, $"INSERT INTO {_table} VALUES (1, 'a')"),
                Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InsufficientPrivilege));
            Assert.That(await Database.ScalarAsync<long>($"SELECT count(*) FROM {_table}"), Is.Zero);

            await Database.ExecuteAsync($"SELECT solid_cache_remove_on_change('{_table}', 'user:{{id}}', on_failure => 'warn')");
            await RunAsync(connection, $"INSERT INTO {_table} VALUES (1, 'a')");
            Assert.That(warnings, Has.One.Contains("may be outdated").And.One.Contains("permission denied"));
            await Database.ExecuteAsync("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC");
            await RunAsync(connection, $"UPDATE {_table} SET id = 2; DELETE FROM {_table}");
            Assert.That(warnings, Has.Exactly(3).Contains("permission denied"), "Whatever it is that it may not.");
            await Database.ExecuteAsync("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC");
            await RunAsync(connection, $"TRUNCATE {_table}");

            await InstallAsync("user:{id}");
            await Database.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_tag_removals TO {role}");
            await RunAsync(connection, $"INSERT INTO {_table} VALUES (1, 'a'); UPDATE {_table} SET id = 2; TRUNCATE {_table}; SELECT public.solid_cache_remove_by_tag('t')");
        }
        finally
        {
            await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [TestCase("'pg_tables', 'x{tablename}'", "Wanted are a table")]
    [TestCase("'solid_cache_entries', '{key}'", "Wanted are a table")]
    [TestCase("NULL, '{key}'", "Wanted are a table")]
    [TestCase("'{table}', NULL", "Wanted are a table")]
    [TestCase("'{table}', ''", "Wanted are a table")]
    [TestCase("'{table}', repeat('x', 513)", "Wanted are a table")]
    [TestCase("'{table}', '{id}', on_failure => 'ignore'", "Wanted are a table")]
    [TestCase("'{table}', '{id}', on_failure => NULL", "Wanted are a table")]
    [TestCase("'{table}', '{id}', 'a^b'", "is not a key prefix")]
    [TestCase("'{table}', 'x{id'", "brace without its other half")]
    [TestCase("'{table}', 'x{}'", "brace without its other half")]
    [TestCase("'{table}', 'x}'", "brace without its other half")]
    [TestCase("'{table}', '{ctid}'", "no stored column")]
    [TestCase("'{table}', '{ID}'", "no stored column")]
    public async Task What_cannot_work_is_refused_at_once(string arguments, string message)
    {
        await CreateTableAsync();
        await Assert.ThatAsync(
            () => Database.ExecuteAsync($"SELECT solid_cache_remove_on_change({arguments.Replace("{table}", _table, StringComparison.Ordinal)})"),
            Throws.InstanceOf<PostgresException>().With.Message.Contains(message));
        Assert.That(await Database.ScalarAsync<long>($"SELECT count(*) FROM pg_trigger WHERE tgrelid = '{_table}'::regclass"), Is.Zero);
    }

    [Test]
    public async Task Bulk_changes_in_opposite_orders_do_not_deadlock_in_the_cache()
    {
        await CreateTableAsync();
        await Database.ExecuteAsync($"INSERT INTO {_table} SELECT i, 'a' FROM generate_series(1, 400) AS i; ALTER TABLE {_table} ADD CONSTRAINT {_table}_key UNIQUE (name, id)");
        await InstallAsync("parity");
        await InstallAsync("name:{name}");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async number =>
        {
            for (var round = 0; round < 10; round++)
            {
                // Rows of its own, and the keys of all.
                await Database.ExecuteAsync($"UPDATE {_table} SET name = CASE name WHEN 'a' THEN 'b' ELSE 'a' END WHERE id % 4 = {number}");
            }
        }));

        Assert.That(await StoredAsync(), Is.EqualTo((string[])["name:a", "name:b", "parity"]));
    }

    [Test]
    public async Task Two_caches_and_several_templates_share_a_table()
    {
        await CreateTableAsync();
        await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("public", "the 'other' %s"));
        await Database.ExecuteAsync($"""SELECT "the 'other' %s_remove_on_change"('{_table}', 'user:{"{id}"}'), "the 'other' %s_remove_on_change"('{_table}', 'user:{"{id}"}', 'shop')""");
        await InstallAsync("user:{id}");

        await RemovesAsync($"INSERT INTO {_table} VALUES (1, 'a')", "user:1");
        Assert.That(await Database.ScalarAsync<string[]>("""SELECT array_agg(key ORDER BY key) FROM "the 'other' %s" """), Is.EqualTo((string[])["shop^user:1", "user:1"]));
        Assert.That(await ForgetAsync("user:{id}"), Is.True);
        Assert.That(await Database.ScalarAsync<bool>($"""SELECT "the 'other' %s_forget"('{_table}', 'user:{"{id}"}')"""), Is.True);
        Assert.That(await Database.ScalarAsync<long>($"SELECT count(*) FROM pg_trigger WHERE tgrelid = '{_table}'::regclass"), Is.Zero);
    }

    private async Task CreateTableAsync(string partitions = "") => await Database.ExecuteAsync(
        $"CREATE TABLE {_table} (id bigint PRIMARY KEY, name text) {partitions};"
        + (partitions.Length > 0 ? $"CREATE TABLE {_table}_low PARTITION OF {_table} FOR VALUES FROM (0) TO (10); CREATE TABLE {_table}_high PARTITION OF {_table} FOR VALUES FROM (10) TO (100)" : ""));

    private async Task InstallAsync(string template)
    {
        await using var command = Database.Source.CreateCommand($"SELECT solid_cache_remove_on_change('{_table}', $1)");
        command.Parameters.Add(new() { Value = template });
        await command.ExecuteNonQueryAsync();
    }

    private Task<bool> ForgetAsync(string template) => Database.ScalarAsync<bool>($"SELECT solid_cache_forget('{_table}', '{template}')");

    private async Task RemovesAsync(string change, params string[] stored)
    {
        await Database.ExecuteAsync("TRUNCATE solid_cache_entries");
        await Database.ExecuteAsync(change);
        Assert.That(await StoredAsync(), Is.EqualTo(stored), change);
    }

    private Task<string[]> StoredAsync() => Database.ScalarAsync<string[]>("SELECT coalesce(array_agg(key ORDER BY key), '{}') FROM solid_cache_entries");

    private async Task<string[]> ExistingAsync(string[] keys)
    {
        var exist = await Task.WhenAll(keys.Select(key => SolidCache.ExistsAsync(key)));
        return [.. keys.Where((_, index) => exist[index])];
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
