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
                .And.Contain("GRANT SELECT, INSERT, UPDATE, DELETE ON \"my schema\".\"my\"\"cache\", \"my schema\".\"my\"\"cache_state\", \"my schema\".\"my\"\"cache_tag_removals\", \"my schema\".\"my\"\"cache_invalidations\" TO <role>;"));

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

    private static string? Explain(string sqlState, string said = "what the server said") =>
        ConfigurationErrors.Explain(new PostgresException(said, "ERROR", "ERROR", sqlState), Table);
}
