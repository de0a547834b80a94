using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>
/// Whatever the role, the database, the environment, the connection string, the driver's switches or the application's data source bring along: the schema is
/// made and the answers are the same, or the start is refused.
/// </summary>
public sealed class AnySession
{
    private static readonly TestCaseData<string>[] SettingsOfTheServer =
    [
        new("bytea_output=escape extra_float_digits=-15 IntervalStyle=sql_standard DateStyle=German TimeZone=Asia/Kathmandu xmlbinary=hex") { TestName = "Formats" },
        new("standard_conforming_strings=off backslash_quote=off array_nulls=off transform_null_equals=on quote_all_identifiers=on") { TestName = "Texts" },
        new("default_transaction_isolation=serializable default_transaction_deferrable=on") { TestName = "Transactions: serializable" },
        new("default_transaction_isolation=repeatable\\ read") { TestName = "Transactions: repeatable read" },
        new("statement_timeout=2s lock_timeout=1 idle_in_transaction_session_timeout=1 idle_session_timeout=1000") { TestName = "Timeouts" },
        new("synchronous_commit=off commit_delay=1000 commit_siblings=0 client_min_messages=error") { TestName = "Commits" },
        new("client_min_messages=debug5 log_statement=all exit_on_error=on track_activities=off") { TestName = "Messages" },
        new("enable_indexscan=off enable_bitmapscan=off enable_tidscan=off enable_material=off enable_hashagg=off plan_cache_mode=force_generic_plan") { TestName = "Planner: no index" },
        new("plan_cache_mode=force_custom_plan jit=on jit_above_cost=0 jit_optimize_above_cost=0 geqo_threshold=2 join_collapse_limit=1 from_collapse_limit=1") { TestName = "Planner: dear" },
        new("parallel_setup_cost=0 parallel_tuple_cost=0 min_parallel_table_scan_size=0 min_parallel_index_scan_size=0 work_mem=64kB") { TestName = "Planner: parallel" },
        new("plpgsql.extra_errors=all plpgsql.variable_conflict=use_variable plpgsql.print_strict_params=on check_function_bodies=off") { TestName = "Functions" },
        new("session_replication_role=replica row_security=off default_table_access_method=heapish search_path=nowhere") { TestName = "Objects" },
    ];

    private TestDatabase _database = null!;
    private int _tables;

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync("CREATE ACCESS METHOD heapish TYPE TABLE HANDLER heap_tableam_handler");
    }

    [OneTimeTearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [TestCaseSource(nameof(SettingsOfTheServer))]
    public async Task Of_any_settings(string settings)
    {
        var (table, odd) = (NewTable(), With("Options=-c " + string.Join(" -c ", settings.Split(' ')).Replace("\\ -c ", "\\ ", StringComparison.Ordinal)));
        await using var node = await Round.StartAsync(table, odd);
        await Round.RunAsync(node, _database, table);

        await SweepBySqlAsync(table, odd);
        Assert.That(await _database.ScalarAsync<string>($"SELECT amname::text FROM pg_class JOIN pg_am ON pg_am.oid = relam WHERE relname = '{table}'"), Is.EqualTo("heap"));
        await PostgresServer.ExecuteAsync(odd, PostgresSolidCacheSchema.GetScript(tableName: table));
    }

    /// <summary>
    /// Those of the server's version, and of whatever version comes, each at an end of its range: all of a kind at once. But for writing, which a cache needs, the
    /// depth of the stack, whose end is the system's, what is of one transaction, and what PostgreSQL does not let be on beside others.
    /// </summary>
    [TestCase("bool", "CASE boot_val WHEN 'on' THEN 'off' ELSE 'on' END")]
    [TestCase("enum", "enumvals[1]")]
    [TestCase("enum", "enumvals[cardinality(enumvals)]")]
    [TestCase("integer", "min_val")]
    [TestCase("integer", "max_val")]
    [TestCase("real", "min_val")]
    [TestCase("real", "max_val")]
    public async Task Of_all_settings_at_an_end_of_their_range(string kind, string value)
    {
        var settings = await _database.ScalarAsync<string>(
            $"""
            SELECT string_agg(format('-c %s=%s', name, replace({value}, ' ', '\ ')), ' ')
            FROM pg_settings
            WHERE context IN ('user', 'superuser')
              AND vartype = '{kind}'
              AND name NOT IN (
                'default_transaction_read_only', 'transaction_read_only', 'transaction_isolation', 'transaction_deferrable', 'max_stack_depth', 'log_statement_stats')
            """);
        var table = NewTable();
        await using var node = await Round.StartAsync(table, With($"Options={settings}"));

        await Round.RunAsync(node, _database, table);
    }

    [Test]
    public async Task Of_a_role_with_settings_of_its_own_that_becomes_another()
    {
        var (table, login, owner) = (NewTable(), $"login_{Guid.NewGuid():N}", $"owner_{Guid.NewGuid():N}");
        await _database.ExecuteAsync(
            $"""
            CREATE ROLE {owner};
            GRANT CREATE, USAGE ON SCHEMA public TO {owner};
            CREATE ROLE {login} LOGIN PASSWORD 'secret' IN ROLE {owner};
            ALTER ROLE {login} SET role = {owner};
            ALTER ROLE {login} SET client_encoding = LATIN1;
            ALTER ROLE {login} SET default_transaction_isolation = serializable;
            """);
        await using (var node = await Round.StartAsync(table, _database.ConnectionStringOf(login, "secret")))
        {
            await Round.RunAsync(node, _database, table, _database.ConnectionStringOf(login, "secret"));
            Assert.That(await _database.ScalarAsync<string>($"SELECT tableowner::text FROM pg_tables WHERE tablename = '{table}'"), Is.EqualTo(owner));
        }

        await _database.ExecuteAsync($"DROP OWNED BY {owner}; DROP ROLE {login}; DROP ROLE {owner}");
    }

    [TestCase("Enlist=true;No Reset On Close=false;Include Error Detail=true;Log Parameters=true;Include Failed Batched Command=true;Persist Security Info=true")]
    [TestCase("Pooling=false")]
    [TestCase("Maximum Pool Size=2;Connection Lifetime=1;Connection Idle Lifetime=1;Connection Pruning Interval=1;Keepalive=1")]
    [TestCase("Max Auto Prepare=100;Auto Prepare Min Usages=1")]
    [TestCase("Array Nullability Mode=Always;Load Table Composites=true;Timezone=Asia/Tokyo;Search Path=nowhere")]
    [TestCase("Server Compatibility Mode=NoTypeLoading;Array Nullability Mode=PerInstance")]
    [TestCase("Server Compatibility Mode=Redshift")]
    [TestCase("Command Timeout=0;Timeout=0;Cancellation Timeout=-1")]
    [TestCase("Read Buffer Size=4096;Write Buffer Size=4096;Socket Receive Buffer Size=2048;Socket Send Buffer Size=2048")]
    [TestCase("Target Session Attributes=any;Load Balance Hosts=true")]
    [TestCase("Client Encoding=LATIN1", "its client_encoding is LATIN1")]
    [TestCase("Client Encoding=SQL_ASCII", "its client_encoding is SQL_ASCII")]
    [TestCase("Encoding=iso-8859-1", "leave Encoding in its connection string at UTF8")]
    [TestCase("Encoding=iso-8859-1;Client Encoding=LATIN1", "its client_encoding is LATIN1")]
    public async Task Of_any_connection_string(string setting, string? refusal = null)
    {
        var table = NewTable();
        await using (var node = await Round.StartAsync(table, With(setting)))
        {
            await Round.RunAsync(node, _database, table);
        }

        await using var source = NpgsqlDataSource.Create(With(setting));
        await OnADataSourceAsync(source, refusal);
    }

    [Test]
    public async Task Of_a_data_source_without_arrays()
    {
        await using var slim = new NpgsqlSlimDataSourceBuilder(_database.ConnectionString).Build();
        await OnADataSourceAsync(slim, "EnableArrays()");
    }

    [Test]
    public async Task Of_a_data_source_whose_connections_are_set_up_by_the_application()
    {
        var builder = new NpgsqlDataSourceBuilder(_database.ConnectionString);
        builder.UsePhysicalConnectionInitializer(SetUp, static async connection => await Task.Run(() => SetUp(connection)));
        await using var source = builder.Build();
        await OnADataSourceAsync(source, "its client_encoding is WIN1252");

        static void SetUp(NpgsqlConnection connection)
        {
            using var command = new NpgsqlCommand("SET client_encoding = WIN1252", connection);
            command.ExecuteNonQuery();
        }
    }

    [Test]
    public async Task Of_a_data_source_with_several_hosts()
    {
        var one = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Host = $"{one.Host}:{one.Port},{one.Host}:{one.Port}" }.ConnectionString);
        await OnADataSourceAsync(source);
    }

    /// <summary>What is of a process, and cannot be undone in it: its environment, and the switches of the driver, which are read once.</summary>
    [Test]
    public async Task Of_any_process()
    {
        await using var witness = PostgresSolidCache.Create(_database.ConnectionString, options => options.SweepExpiredEntries = false);
        Assert.That(await RunAsync("migrate"), Does.Contain("has version"));
        Assert.That(await RunAsync("verify"), Does.Contain("expiry").And.Not.Contain("FAILED"));
        await witness.SetAsync("é€", "value"u8.ToArray(), new());
        Assert.That(await RunAsync("get", "é€", "--raw"), Is.EqualTo("value"));
        Assert.That(await RunAsync("rm", "é€"), Does.StartWith("Removed."));
        Assert.That(await witness.ExistsAsync("é€"), Is.False);

        async Task<string> RunAsync(params string[] arguments)
        {
            var start = ToolProgram.Of(
                arguments,
                ["Npgsql.EnableStoredProcedureCompatMode", "Npgsql.EnableLegacyTimestampBehavior", "Npgsql.DisableDateTimeInfinityConversions", "Npgsql.EnableLegacyCaseInsensitiveDbParameters"],
                ["Npgsql.EnableSqlRewriting"]);
            start.Environment["ConnectionStrings__SolidCache"] = _database.ConnectionString;
            (start.Environment["PGCLIENTENCODING"], start.Environment["PGTZ"], start.Environment["PGOPTIONS"]) =
                ("LATIN1", "Asia/Tokyo", "-c default_transaction_isolation=serializable -c client_encoding=LATIN1");
            (start.Environment["PGTARGETSESSIONATTRS"], start.Environment["PGAPPNAME"]) = ("any", "odd");
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.That((process.ExitCode, await error), Is.EqualTo((0, "")));
            return await output;
        }
    }

    private string NewTable() => $"odd_{++_tables}";

    private string With(string settings) => $"{_database.ConnectionString};{settings}";

    private async Task OnADataSourceAsync(NpgsqlDataSource source, string? refusal = null)
    {
        var table = NewTable();
        await using var node = Round.Build(table, connectionString: null, services => services.AddSingleton(source));
        if (refusal is not null)
        {
            await Assert.ThatAsync(
                () => node.StartAsync(),
                Throws.TypeOf<SolidCacheException>().With.Message.StartsWith($"The cache public.{table} cannot use its data source: ").And.Message.Contains(refusal));
            return;
        }

        await node.StartAsync();
        await Round.RunAsync(node, _database, table);
    }

    /// <summary>As a scheduler whose sessions are as odd.</summary>
    private async Task SweepBySqlAsync(string table, string odd)
    {
        foreach (var sweep in (string[])[$"SELECT public.{table}_cleanup_expired()", $"CALL public.{table}_sweep_expired()"])
        {
            await _database.ExecuteAsync($"INSERT INTO {table} (expires_at, key, value) VALUES ('-infinity', 'expired', '')");
            await PostgresServer.ExecuteAsync(odd, sweep);
            Assert.That(await _database.ScalarAsync<long>($"SELECT count(*) FROM {table} WHERE key = 'expired'"), Is.Zero, sweep);
        }
    }
}
