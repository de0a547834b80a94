using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A server that lets in by TLS only, with a certificate of an authority that no system knows.</summary>
public sealed class TlsFaults
{
    private const string Sessions = "pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE application_name = 'SolidCache.Postgres'";

    [Test]
    public async Task The_server_restarts()
    {
        using var certificates = await Certificates.IssueAsync();
        await using var cluster = await Cluster.StartNewAsync(certificates.Settings);
        var isEncrypted = false;
        var result = await Load.ThroughAsync(ConnectionStringOf(cluster, Trusting(certificates)), async _ =>
        {
            isEncrypted = await cluster.ScalarAsync<bool>($"SELECT bool_and(ssl) FROM {Sessions}");
            await cluster.StopFastAsync();
            await cluster.StartAsync();
        });

        Assert.That(isEncrypted, Is.True);
        await FaultReport.AssertAsync("restart, fast, with TLS", result);
    }

    [Test]
    [Category("Long")]
    public async Task The_server_shows_a_certificate_of_another_authority_and_then_its_own_again()
    {
        using var certificates = await Certificates.IssueAsync();
        using var others = await Certificates.IssueAsync();
        await using var cluster = await Cluster.StartNewAsync(certificates.Settings);
        var result = await Load.ThroughAsync(ConnectionStringOf(cluster, Trusting(certificates)), async cache =>
        {
            await ShowAsync(cluster, certificates, others);
            await ComplainsAsync(cache);
            await ShowAsync(cluster, certificates, certificates);
        });

        await FaultReport.AssertAsync("certificate of another authority, and the right one again", result);
    }

    [TestCase("Host=localhost;SSL Mode=VerifyFull", "Set Root Certificate in the connection string")]
    [TestCase("Host=localhost;SSL Mode=VerifyFull;Root Certificate=/is/not/there.pem", "/is/not/there.pem")]
    [TestCase("Host=localhost;SSL Mode=VerifyFull;Root Certificate=*;SSL Certificate=/is/not/there.crt;SSL Key=/is/not/there.key", "SSL Certificate and SSL Key")]
    [TestCase("Host=localhost;SSL Mode=VerifyFull;Root Certificate=*;SSL Certificate=*;SSL Key=*", "SSL Certificate and SSL Key")]
    [TestCase("Host=localhost;SSL Mode=VerifyFull;Root Certificate=*;SSL Certificate=/is/not/there.pfx", "SSL Certificate and SSL Key")]
    [TestCase("Host=localhost;SSL Mode=VerifyFull;Root Certificate=*;SSL Certificate=/tmp", "SSL Certificate and SSL Key")]
    [TestCase("Host=127.0.0.1;SSL Mode=VerifyFull;Root Certificate=*", "Host has to be a name in the server's certificate")]
    [TestCase("Host=localhost;SSL Mode=Disable", "the server wants TLS: set SSL Mode=VerifyFull")]
    public async Task A_way_that_the_server_or_the_client_refuses_is_an_error_that_says_what_to_set(string way, string remedy)
    {
        using var certificates = await Certificates.IssueAsync();
        await using var cluster = await Cluster.StartNewAsync(certificates.Settings);
        foreach (var coalescing in (bool[])[true, false])
        {
            // In the mode that hides outages.
            await using var node = await CacheHost.StartAsync(
                ConnectionStringOf(cluster, way.Replace("*", certificates.Root, StringComparison.Ordinal)),
                options => (options.Coalescing, options.FailureMode) = (coalescing, SolidCacheFailureMode.Degrade));
            Exception?[] errors =
            [
                await Assert.CatchAsync(() => node.Cache.GetAsync("key")),
                await Assert.CatchAsync(() => node.Cache.SetAsync("key", [1], new())),
                Assert.Catch(() => node.Cache.Get("key")),
            ];
            Assert.That(errors, Has.All.TypeOf<SolidCacheException>().And.All.Message.Contain(remedy).And.All.Property(nameof(SolidCacheException.IsTransient)).False);
            Assert.That(node.Logs.GetSnapshot().Where(record => record.Id.Name == "schema_unchecked").Select(record => record.Message), Has.Some.Contain(remedy));
        }
    }

    private static string Trusting(Certificates certificates) => $"Host={Certificates.Host};SSL Mode=VerifyFull;Root Certificate={certificates.Root}";

    private static string ConnectionStringOf(Cluster cluster, string way) =>
        cluster.ConnectionString.Replace("Host=127.0.0.1", way, StringComparison.Ordinal);

    private static async Task ShowAsync(Cluster cluster, Certificates files, Certificates shown)
    {
        await files.ShowAsync(shown);
        await cluster.ExecuteAsync("SELECT pg_reload_conf()");
        await Eventually.TrueAsync(() => ShowsAsync(cluster, shown), "the server has looked again");
        // Open connections would go on with what they were shown.
        await cluster.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM {Sessions}");
    }

    private static async Task<bool> ShowsAsync(Cluster cluster, Certificates certificates)
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionStringOf(cluster, Trusting(certificates)) + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static Task ComplainsAsync(ISolidCache cache) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await cache.GetAsync("key:0");
                return false;
            }
            catch (SolidCacheException error) when (!error.IsTransient)
            {
                return error.Message.Contains("does not trust its server's certificate", StringComparison.Ordinal);
            }
        },
        "the certificate is not trusted");
}
