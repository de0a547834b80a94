using System.Security.Authentication;
using Npgsql;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>What the server's lasting errors tell people to do.</summary>
public sealed class ConfigurationErrorsTests
{
    private static readonly TableName Table = new("my schema", "my\"cache");

    [TestCase(PostgresErrorCodes.UndefinedTable)]
    [TestCase(PostgresErrorCodes.UndefinedColumn)]
    [TestCase(PostgresErrorCodes.InvalidSchemaName)]
    public void A_missing_schema_names_the_option_and_the_script(string sqlState) =>
        Assert.That(
            Explain(sqlState),
            Does.StartWith("The tables of the cache my schema.my\"cache are not there")
                .And.Contain("CreateSchemaIfNotExists = true")
                .And.Contain("PostgresSolidCacheSchema.GetScript("));

    [Test]
    public void A_missing_right_names_the_GRANT() =>
        Assert.That(
            Explain(PostgresErrorCodes.InsufficientPrivilege),
            Does.StartWith("The role lacks a right on the cache my schema.my\"cache: what the server said.")
                .And.Contain("GRANT USAGE ON SCHEMA \"my schema\" TO <role>;")
                .And.Contain("GRANT SELECT, INSERT, UPDATE, DELETE ON \"my schema\".\"my\"\"cache\", \"my schema\".\"my\"\"cache_tag_removals\", \"my schema\".\"my\"\"cache_invalidations\" TO <role>;"));

    [Test]
    public void A_right_on_a_function_is_none_on_the_tables() =>
        Assert.That(
            Explain(PostgresErrorCodes.InsufficientPrivilege, "keine Berechtigung für Funktion my\"cache_is_fresh"),
            Does.EndWith("As the function's owner run: GRANT EXECUTE ON FUNCTION \"my schema\".\"my\"\"cache_is_fresh\"(text[], pg_snapshot, \"my schema\".\"my\"\"cache_sweep_count\") TO <role>;")
                .And.Not.Contain("SELECT"));

    [Test]
    public void Nor_is_one_on_a_function_that_is_not_the_caches() =>
        Assert.That(
            Explain(PostgresErrorCodes.InsufficientPrivilege, "permission denied for function pg_notify"),
            Does.EndWith("pg_notify. As the function's owner, or as a superuser, GRANT the role EXECUTE on it."));

    [TestCase(PostgresErrorCodes.InvalidPassword)]
    [TestCase(PostgresErrorCodes.InvalidAuthorizationSpecification)]
    public void A_refused_login_names_the_connection_string(string sqlState) =>
        Assert.That(
            Explain(sqlState),
            Does.Contain("refused the login").And.Contain("what the server said").And.Contain("Check user name and password"));

    [Test]
    public void Who_may_not_come_this_way_is_told_of_the_rules_and_of_TLS() =>
        Assert.That(
            Explain(PostgresErrorCodes.InvalidAuthorizationSpecification, "no pg_hba.conf entry for host \"::1\", no encryption"),
            Does.Contain("no encryption").And.Contain("against pg_hba.conf").And.Contain("SSL Mode=VerifyFull").And.Not.Contain("password"));

    [Test]
    public void A_certificate_that_is_not_trusted_names_what_to_set() =>
        Assert.That(
            ConfigurationErrors.Explain(new NpgsqlException("handshake", new AuthenticationException("Rejected.")), Table),
            Does.Contain("does not trust its server's certificate").And.Contain("Rejected. ").And.Contain("Set Root Certificate").And.Contain("Host has to be a name"));

    [Test]
    public void A_broken_connection_is_not_one_of_configuration() =>
        Assert.That(ConfigurationErrors.Explain(new NpgsqlException("handshake", new IOException("gone")), Table), Is.Null);

    [Test]
    public void A_missing_database_is_to_be_created() =>
        Assert.That(
            Explain(PostgresErrorCodes.InvalidCatalogName),
            Does.Contain("database").And.Contain("does not exist").And.Contain("Create it, or correct the connection string."));

    [TestCase(PostgresErrorCodes.AdminShutdown)]
    [TestCase(PostgresErrorCodes.CannotConnectNow)]
    [TestCase(PostgresErrorCodes.DeadlockDetected)]
    [TestCase(PostgresErrorCodes.DiskFull)]
    [TestCase(PostgresErrorCodes.QueryCanceled)]
    [TestCase(PostgresErrorCodes.ReadOnlySqlTransaction)]
    [TestCase(PostgresErrorCodes.SerializationFailure)]
    [TestCase(PostgresErrorCodes.TooManyConnections)]
    public void What_passes_by_itself_is_not_one_of_configuration(string sqlState) => Assert.That(Explain(sqlState), Is.Null);

    [Test]
    public void A_database_that_lets_nobody_in_is_to_be_opened()
    {
        var error = new PostgresException("said", "FATAL", "FATAL", PostgresErrorCodes.ObjectNotInPrerequisiteState, routine: "CheckMyDatabase");

        Assert.That(Advised(error), Does.StartWith("55000: said. ").And.Contain("ALLOW_CONNECTIONS true"));
        Assert.That(Advised(Said(PostgresErrorCodes.ObjectNotInPrerequisiteState)), Is.EqualTo("55000: said"), "Others have that state too.");
    }

    [Test]
    public void A_read_only_server_may_be_a_standby() =>
        Assert.That(Advised(Said(PostgresErrorCodes.ReadOnlySqlTransaction)), Does.StartWith("25006: said. ").And.Contain("let Host name the primary").And.Contain("default_transaction_read_only"));

    [Test]
    public void A_server_without_a_free_connection_shows_who_has_them() =>
        Assert.That(Advised(Said(PostgresErrorCodes.TooManyConnections)), Does.StartWith("53300: said. ").And.Contain("pg_stat_activity").And.Contain("max_connections"));

    [Test]
    public void What_a_trigger_says_of_a_row_is_explained_by_who_wrote_it() =>
        Assert.That(Advised(new PostgresException("said", "ERROR", "ERROR", PostgresErrorCodes.ReadOnlySqlTransaction, routine: "exec_stmt_raise")), Is.EqualTo("25006: said"));

    [Test]
    public void Other_outages_have_the_servers_words_only() => Assert.That(Advised(Said(PostgresErrorCodes.CannotConnectNow)), Is.EqualTo("57P03: said"));

    private static string Advised(PostgresException error)
    {
        var copy = ErrorCopy.Of(error, Table, ConfigurationErrors.Advice(error));
        Assert.That(copy, Is.TypeOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(error.SqlState));
        return copy.Message;
    }

    private static PostgresException Said(string sqlState) => new("said", "ERROR", "ERROR", sqlState);

    private static string? Explain(string sqlState, string said = "what the server said") =>
        ConfigurationErrors.Explain(new PostgresException(said, "ERROR", "ERROR", sqlState), Table);
}
