using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NUnit.Framework.Constraints;
using SolidCache.Postgres.DependencyInjection;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>Which data source a cache uses.</summary>
public sealed class CacheDataSourceTests
{
    private const string Other = "Host=/elsewhere;Username=other";
    private readonly List<IDisposable> _disposables = [];

    [TearDown]
    public void TearDown() => _disposables.ForEach(disposable => disposable.Dispose());

    [Test]
    public void Without_any_the_message_says_what_to_do() =>
        Assert.That(
            () => Choose(new ServiceCollection()),
            Throws.InvalidOperationException.With.Message.StartsWith(
                "The cache has no database. Set PostgresSolidCacheOptions.ConnectionString, or register an NpgsqlDataSource: services.AddSingleton(NpgsqlDataSource.Create(connectionString))"));

    [Test]
    public void Resolving_a_cache_without_any_says_it_too()
    {
        using var provider = new ServiceCollection().AddPostgresSolidCache().BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<ISolidCache>(),
            Throws.InvalidOperationException.With.Message.StartsWith("The cache has no database."));
    }

    [Test]
    public void The_registered_one_is_used()
    {
        var registered = Registered(Other);

        Assert.That(Choose(new ServiceCollection().AddSingleton(registered)).Source, Is.SameAs(registered));
    }

    [Test]
    public void An_explicit_connection_string_wins_over_a_registered_one()
    {
        var registered = Registered(Other);

        var chosen = Choose(new ServiceCollection().AddSingleton(registered), connectionString: AwayDatabase.ConnectionString);

        Assert.That(chosen.Source, Is.Not.SameAs(registered));
        Assert.That(new NpgsqlConnectionStringBuilder(chosen.Source.ConnectionString).Host, Is.EqualTo("/nowhere/to/be/found"));
    }

    [Test]
    public void The_one_under_the_caches_key_comes_before_the_unkeyed_one()
    {
        var keyed = Registered(Other);
        var unkeyed = Registered(AwayDatabase.ConnectionString);
        var services = new ServiceCollection().AddSingleton(unkeyed).AddKeyedSingleton("sessions", keyed);

        Assert.That(Choose(services, "sessions").Source, Is.SameAs(keyed));
        Assert.That(Choose(services, "another").Source, Is.SameAs(unkeyed));
        Assert.That(Choose(services).Source, Is.SameAs(unkeyed));
    }

    [Test]
    public void An_own_one_stays_out_of_ambient_transactions_and_is_not_reset_for_each_call()
    {
        var built = new NpgsqlConnectionStringBuilder(Choose(new ServiceCollection(), connectionString: AwayDatabase.ConnectionString).Source.ConnectionString);

        Assert.That((built.Enlist, built.NoResetOnClose, built.ApplicationName), Is.EqualTo((false, true, "SolidCache.Postgres")));
    }

    /// <summary>A setting of the connection string wins over the environment's, so that each has to be there.</summary>
    [Test]
    public void An_own_one_sends_UTF_8_and_prepares_nothing_by_itself()
    {
        var built = Settings(AwayDatabase.ConnectionString + ";Client Encoding=LATIN1;Encoding=iso-8859-1;Max Auto Prepare=20");

        Assert.That((built.ClientEncoding, built.Encoding, built.MaxAutoPrepare), Is.EqualTo(("UTF8", "UTF8", 0)));
    }

    [Test]
    public void An_own_one_keeps_idle_connections_alive_unless_told_otherwise()
    {
        var built = Settings("Host=db;Username=me");
        var told = Settings("Host=db;Username=me;Tcp Keepalive Time=7");

        Assert.That((built.TcpKeepAliveTime, built.TcpKeepAliveInterval, told.TcpKeepAliveTime), Is.EqualTo((60, 10, 7)));
    }

    /// <summary>A Unix socket refuses it.</summary>
    [TestCase("/var/run/postgresql")]
    [TestCase("@postgresql")]
    [TestCase("db, /var/run/postgresql")]
    public void But_not_those_of_a_Unix_socket(string host)
    {
        var built = Settings($"Host={host};Username=me");

        Assert.That((built.TcpKeepAliveTime, built.TcpKeepAliveInterval), Is.EqualTo((0, 0)));
    }

    [Test]
    public void An_own_one_can_be_given_as_a_URI()
    {
        var built = Settings("postgres://me:p%40ss@[::1]:5433/sh%20op?sslmode=verify-full&application_name=a%26b&Maximum%20Pool%20Size=7");

        Assert.That(
            (built.Host, built.Port, built.Username, built.Database, built.SslMode, built.ApplicationName, built.MaxPoolSize),
            Is.EqualTo(("::1", 5433, "me", "sh op", SslMode.VerifyFull, "a&b", 7)));
        Assert.That(new NpgsqlConnectionStringBuilder(ConnectionUri.Read("postgresql://me:p%40s;s@db")).Password, Is.EqualTo("p@s;s"));
    }

    /// <summary>The forms of libpq's documentation.</summary>
    [TestCase("postgresql://localhost", "localhost", 5432)]
    [TestCase(" \n postgresql://localhost ", "localhost", 5432)]
    [TestCase("postgresql://me@localhost:5433/other?connect_timeout=10&application_name=myapp", "localhost", 5433)]
    [TestCase("postgresql://host1:123,host2:456/somedb?target_session_attrs=any&application_name=myapp", "host1:123,host2:456", 5432)]
    [TestCase("postgresql://a,b:6/x", "a,b:6", 5432)]
    [TestCase("postgresql://a:6,[::1]:6/x", "a,::1", 6)]
    [TestCase("postgresql://a:5,[::1]:6/x", "a:5,[::1]:6", 5432)]
    [TestCase("postgresql://a,b/x?port=7", "a,b", 7)]
    [TestCase("postgresql:///mydb?host=localhost&port=5433", "localhost", 5433)]
    [TestCase("postgresql://me:p%3Aw@/mydb?host=a,b&port=1,2", "a:1,b:2", 5432)]
    [TestCase("postgresql:///dbname?host=/var/lib/postgresql", "/var/lib/postgresql", 5432)]
    [TestCase("postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", "/var/lib/postgresql", 5432)]
    [TestCase("postgresql://me@%2Frun:5433/dbname", "/run", 5433)]
    [TestCase("postgresql://[2001:db8::1234]/database", "2001:db8::1234", 5432)]
    [TestCase("postgres://db/x?keepalives=1&keepalives_count=3&tcp_user_timeout=1000&fallback_application_name=y&gssencmode=disable&sslnegotiation=postgres&load_balance_hosts=disable&ssl=true", "db", 5432)]
    [TestCase("postgres://db/x?require_auth=scram-sha-256&channel_binding=require&sslmode=require&krbsrvname=p&client_encoding=auto&options=-c%20geqo%3Doff\n", "db", 5432)]
    [TestCase("postgresql://me@%2Frun/x?keepalives_idle=7&keepalives_interval=3&sslmode=require", "/run", 5432)]
    [TestCase("postgresql:///x?host=/run,/tmp&sslmode=verify-full&sslrootcert=system", "/run,/tmp", 5432)]
    [TestCase("postgresql://db/x?target_session_attrs=read-write&connect_timeout=-1", "db", 5432)]
    [TestCase("postgresql://db/x?sslrootcert=system&SSL%20Mode=VerifyFull", "db", 5432)]
    [TestCase("postgresql://db/x?require_auth=!password,!md5,!none", "db", 5432)]
    [TestCase("postgresql://db/x?require_auth=gss,sspi,scram-sha-256", "db", 5432)]
    public void A_URI_may_be_any_that_libpq_reads(string connectionString, string host, int port)
    {
        var built = Settings(connectionString);

        Assert.That((built.Host, built.Port), Is.EqualTo((host, port)));
    }

    [Test]
    public void Its_keepalives_are_Npgsqls()
    {
        var built = Settings("postgresql://me@db?keepalives_idle=7&keepalives_interval=3");
        var left = Settings("postgresql://me@db?keepalives_idle=0");

        Assert.That((built.TcpKeepAliveTime, built.TcpKeepAliveInterval, left.TcpKeepAliveTime, left.TcpKeepAliveInterval), Is.EqualTo((7, 3, 60, 10)));
    }

    [Test]
    public void What_libpq_passes_over_at_a_socket_or_a_single_server_is_passed_over()
    {
        var socket = Settings("postgresql://me@%2Frun/x?keepalives_idle=7&keepalives_interval=3&sslmode=require");
        var off = Settings("postgresql://me@db?keepalives=0&keepalives_idle=7");

        Assert.That((socket.TcpKeepAliveTime, socket.TcpKeepAliveInterval, socket.SslMode), Is.EqualTo((0, 0, SslMode.Prefer)));
        Assert.That((off.TcpKeepAliveTime, off.TcpKeepAliveInterval), Is.EqualTo((60, 10)));
        Assert.That(Settings("postgresql://db?target_session_attrs=primary").TargetSessionAttributes, Is.Null);
        var authorities = Settings("postgresql:///x?host=/run,/tmp&sslmode=verify-full&sslrootcert=system&sslnegotiation=direct");
        Assert.That((authorities.SslMode, authorities.RootCertificate), Is.EqualTo((SslMode.Prefer, (string?)null)));
        Assert.That(Settings("postgresql://me@%2Frun,db?keepalives_idle=7").TcpKeepAliveTime, Is.Zero, "One socket refuses it.");
        Assert.That(Settings("postgresql://db?require_auth=scram-sha-256%2Cmd5").RequireAuth, Is.EqualTo("ScramSHA256,MD5"));
        Assert.That(Settings("postgresql://db?connect_timeout=-1").Timeout, Is.Zero);
    }

    [Test]
    public void The_systems_authorities_go_with_a_look_at_the_name_of_the_server_only()
    {
        var built = Settings("postgresql://db?sslrootcert=system");

        Assert.That((built.RootCertificate, built.SslMode), Is.EqualTo(((string?)null, SslMode.VerifyFull)));
        Assert.That(new OptionsValidator().Validate("", new() { ConnectionString = "postgresql://db?sslrootcert=system&sslmode=require" }).FailureMessage, Does.Contain("goes with sslmode=verify-full only"));
    }

    [TestCase("Port=99999", "There is no port above 65535")]
    [TestCase("Read Buffer Size=1024", "Read Buffer Size is 1024")]
    public void One_that_opens_no_connection_is_refused_whoever_made_it(string setting, string told) =>
        Assert.That(
            () => Choose(new ServiceCollection().AddSingleton(Registered($"Host=db;{setting}"))),
            Throws.InvalidOperationException.With.Message.StartsWith(told));

    [Test]
    public void A_given_one_is_used_without_a_container()
    {
        var given = Registered(Other);

        Assert.That(CacheDataSource.Choose(services: null, "", new PostgresSolidCacheOptions { DataSource = () => given }).Source, Is.SameAs(given));
    }

    [Test]
    public async Task A_cache_can_be_registered_on_one_that_is_in_no_container()
    {
        var given = Registered(Other);
        await using var provider = new ServiceCollection()
            .AddPostgresSolidCache(given, options => options.KeyPrefix = "a")
            .AddKeyedPostgresSolidCache("other", given)
            .BuildServiceProvider();

        Assert.That(provider.GetRequiredService<ISolidCache>(), Is.Not.SameAs(provider.GetRequiredKeyedService<ISolidCache>("other")));
    }

    [Test]
    public void An_application_name_of_the_connection_string_is_kept()
    {
        var chosen = Choose(new ServiceCollection(), connectionString: AwayDatabase.ConnectionString + ";Application Name=shop");

        Assert.That(new NpgsqlConnectionStringBuilder(chosen.Source.ConnectionString).ApplicationName, Is.EqualTo("shop"));
    }

    [Test]
    public void Several_hosts_are_used_through_their_primary()
    {
        var registered = NpgsqlDataSource.Create("Host=/one,/two;Username=nobody");
        _disposables.Add(registered);

        var chosen = Choose(new ServiceCollection().AddSingleton(registered)).Source;

        Assert.That(chosen, Is.Not.SameAs(registered).And.Not.TypeOf<NpgsqlMultiHostDataSource>());
        Assert.That(Choose(new ServiceCollection(), connectionString: "Host=/one,/two;Username=nobody").Source, Is.Not.TypeOf<NpgsqlMultiHostDataSource>());
    }

    [Test]
    public void An_application_that_chose_a_kind_of_server_itself_is_not_overruled()
    {
        var registered = NpgsqlDataSource.Create("Host=/one,/two;Username=nobody;Target Session Attributes=prefer-standby");
        _disposables.Add(registered);

        Assert.That(Choose(new ServiceCollection().AddSingleton(registered)).Source, Is.SameAs(registered));
    }

    [Test]
    public void One_that_multiplexes_is_refused_whoever_made_it()
    {
        const string Multiplexing = AwayDatabase.ConnectionString + ";Multiplexing=true";
        var registered = Registered(Multiplexing);

        Assert.That(() => Choose(new ServiceCollection().AddSingleton(registered)), Refused());
        Assert.That(() => Choose(new ServiceCollection(), connectionString: Multiplexing), Refused());

        static IResolveConstraint Refused() =>
            Throws.InvalidOperationException.With.Message.StartsWith("The cache cannot use a data source with Multiplexing=true");
    }

    private NpgsqlConnectionStringBuilder Settings(string connectionString) => new(Choose(new ServiceCollection(), connectionString: connectionString).Source.ConnectionString);

    private NpgsqlDataSource Registered(string connectionString)
    {
        var dataSource = NpgsqlDataSource.Create(connectionString);
        _disposables.Add(dataSource);
        return dataSource;
    }

    private CacheDataSource Choose(IServiceCollection services, string name = "", string? connectionString = null)
    {
        var provider = services.BuildServiceProvider();
        _disposables.Add(provider);
        var chosen = CacheDataSource.Choose(provider, name, new PostgresSolidCacheOptions { ConnectionString = connectionString });
        _disposables.Add(chosen);
        return chosen;
    }
}
