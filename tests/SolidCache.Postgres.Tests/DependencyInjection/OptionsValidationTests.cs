using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>Options that cannot work are refused when the host starts, by option, value and rule.</summary>
public sealed class OptionsValidationTests
{
    private const string Unusable =
        "ConnectionString cannot be used (it is not shown, since it may hold a password); it must be an Npgsql connection string or a postgresql:// URI with a host, "
        + "or null to use the registered NpgsqlDataSource";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private static IEnumerable<TestCaseData> Accepted =>
    [
        Case("defaults", _ => { }),
        Case("a connection string", options => options.ConnectionString = AwayDatabase.ConnectionString),
        Case("a URI", options => options.ConnectionString = "postgresql://me:p%40ss@db:5433/shop?sslmode=verify-full&application_name=x"),
        Case("a tenant's user, and a database of two words", options => options.ConnectionString = "Host=x;Username=me@tenant;Database=my shop;Search Path='\"a b\",public';Password=pwd=1;SSL Password=password=2"),
        Case("a URI of a tenant's user", options => options.ConnectionString = "postgresql://me%40tenant:password%3Da%3Bb@db/my%20shop?options=-c%20password_encryption%3Dmd5"),
        Case("a semicolon in quotes", options => options.ConnectionString = "Host=x;Username='my;user';Database='my;db'"),
        Case("a semicolon of a URI's database", options => options.ConnectionString = "postgresql://x/my%3Bdb"),
        Case("the word password before a colon", options => options.ConnectionString = "Host=x;Username=password:admin;Application Name=svc-password:v2;Root Certificate=/etc/pwd:1/ca.pem"),
        Case("sockets", options => options.ConnectionString = "Host=@postgresql,/run/a b,[::1]:5433,::1;Username=me@tenant"),
        Case("names that need quotes", options => (options.SchemaName, options.TableName) = ("my schema", "Ünï\"codé")),
        Case("the longest names", options => (options.SchemaName, options.TableName) = (new string('s', 63), new string('t', 46))),
        Case("the longest prefix", options => options.KeyPrefix = new string('p', 128)),
        Case("the smallest value limit", options => options.MaxValueBytes = 1),
        Case("the largest value limit", options => options.MaxValueBytes = 500_000_000),
        Case("compression of every value", options => options.CompressValuesFrom = 1),
        Case("compression of the largest value only", options => options.CompressValuesFrom = 500_000_000),
        Case("the shortest time-out", options => options.OperationTimeout = TimeSpan.FromSeconds(1)),
        Case("the longest time-out", options => options.OperationTimeout = TimeSpan.FromHours(1)),
        Case("the shortest sweep interval", options => options.SweepInterval = TimeSpan.FromSeconds(1)),
        Case("the longest sweep interval", options => options.SweepInterval = TimeSpan.FromDays(30)),
        Case("the slowest sweep", options => options.SweepMegabytesPerSecond = 1),
        Case("the fastest sweep", options => options.SweepMegabytesPerSecond = 100_000),
        Case("one connection each", options => (options.ReadConnections, options.WriteConnections) = (1, 1)),
        Case("as many connections as may be", options => (options.ReadConnections, options.WriteConnections) = (32, 32)),
        Case("the shortest queue", options => options.MaxQueuedCalls = 100),
        Case("the longest queue", options => options.MaxQueuedCalls = 1_000_000),
        Case("the smallest slack", options => options.SlidingExpirationSlack = 0.01),
        Case("the largest slack", options => options.SlidingExpirationSlack = 1),
        Case("the shortest default window", options => options.DefaultSlidingExpiration = Tick),
        Case("the longest default window", options => options.DefaultSlidingExpiration = TimeSpan.MaxValue),
        Case("no default window", options => options.DefaultSlidingExpiration = null),
        Case("full durability", options => options.Durability = SolidCacheDurability.Full),
        Case("no durable prefixes", options => options.DurableKeyPrefixes.Clear()),
        Case("an empty durable prefix", options => options.DurableKeyPrefixes.Add("")),
    ];

    private static IEnumerable<TestCaseData> Refused =>
    [
        Case("an unknown keyword", options => options.ConnectionString = "Host=x;Bogus=y", Unusable),
        Case("a misspelt keyword", options => options.ConnectionString = "Host=x;Pasword=secret", Unusable, "Is Password misspelt in it?"),
        Case("the rest of a password", options => options.ConnectionString = "Host=x;Password=ab;sekret=y", Unusable),
        Case("a table with its schema", options => options.TableName = "public.cache", "'public.cache' is not a table name for the cache: it is the name alone, and the schema, 'public', is told apart from it"),
        Case("a connection string that is none", options => options.ConnectionString = "nonsense", Unusable),
        Case("an empty connection string", options => options.ConnectionString = "", "ConnectionString is empty; it must be"),
        Case("a blank connection string", options => options.ConnectionString = " \t", "ConnectionString is empty; it must be"),
        Case("a connection string without a host", options => options.ConnectionString = "Username=me", Unusable),
        Case("the notation of libpq", options => options.ConnectionString = "host=x user=me password=secret", Unusable),
        Case("lines instead of semicolons", options => options.ConnectionString = "Host=x\nPassword=secret", Unusable),
        Case("a semicolon that is missing", options => options.ConnectionString = "Host=x;Username=me Password=secret", Unusable, "The value of Username holds more than itself", "parted by semicolons"),
        Case("a semicolon that is missing in a URI's parameters", options => options.ConnectionString = "postgresql://x/shop?user=me;password=secret", Unusable, "In a URI ';' parts nothing"),
        Case("a URI for a host", options => options.ConnectionString = "Host=postgresql://me:secret@x/shop", Unusable, "The value of Host holds more than itself"),
        Case("a login for a host", options => options.ConnectionString = "Host=me:secret@x", Unusable, "The value of Host holds more than itself"),
        Case("a URI for a user", options => options.ConnectionString = "Host=x;Username=postgresql://me:secret@x/shop", Unusable, "The value of Username holds more than itself"),
        Case("a login for a user", options => options.ConnectionString = "Host=x;Username=me:secret@x", Unusable, "The value of Username holds more than itself"),
        Case("a URI for a database", options => options.ConnectionString = "Host=x;Database=postgresql://me:secret@x/shop", Unusable, "The value of Database holds more than itself"),
        Case("a listener's that lacks one", options => options.Invalidation.ListenerConnectionString = "Host=x;Database=shop,Pwd = secret", "ListenerConnectionString cannot be used", "The value of Database holds more than itself"),
        Case("a port that is none", options => options.ConnectionString = "Host=x;Port=99999", "ConnectionString: There is no port above 65535"),
        Case("a host's port that is none", options => options.ConnectionString = "Host=y:1,x:99999", "ConnectionString: There is no port above 65535"),
        Case("a buffer for reading below Npgsql's", options => options.ConnectionString = "Host=x;Read Buffer Size=1024", "ConnectionString: Read Buffer Size is 1024, and Npgsql opens no connection with less than 4096"),
        Case("a buffer for writing below Npgsql's", options => options.ConnectionString = "Host=x;WriteBufferSize=4095", "ConnectionString: Write Buffer Size is 4095"),
        Case("a URI's port that is none", options => options.ConnectionString = "postgresql://y:1,x:99999/shop", "ConnectionString: There is no port above 65535"),
        Case("an unknown keyword without a value", options => options.ConnectionString = "Host=x;Bogus=", Unusable),
        Case("a port beyond all numbers", options => options.ConnectionString = "Host=x:99999999999", Unusable),
        Case("a connection string that contradicts itself", options => options.ConnectionString = "Host=x;Minimum Pool Size=9;Maximum Pool Size=1", Unusable),
        Case("an empty schema", options => options.SchemaName = "", "SchemaName", "'' is not a schema name for the cache: it must have 1 to 63 bytes"),
        Case("a null schema", options => options.SchemaName = null!, "SchemaName", "it must have 1 to 63 bytes"),
        Case("a schema that is too long", options => options.SchemaName = new string('s', 64), "SchemaName", $"'{new string('s', 64)}' is not a schema name"),
        Case("a schema of PostgreSQL's", options => options.SchemaName = "pg_cache", "SchemaName", "'pg_cache' is not a schema name for the cache", "PostgreSQL's own"),
        Case("the schema of the standard", options => options.SchemaName = "information_schema", "SchemaName", "'information_schema' is not a schema name for the cache"),
        Case("an empty table", options => options.TableName = "", "TableName", "'' is not a table name for the cache: it must have 1 to 46 bytes"),
        Case("a null table", options => options.TableName = null!, "TableName", "it must have 1 to 46 bytes"),
        Case("a table that is too long", options => options.TableName = new string('t', 48), "TableName", $"'{new string('t', 48)}' is not a table name"),
        Case("a table that is a state table", options => options.TableName = "t_state", "TableName", "'t_state'", "'_state' at the end"),
        Case("a table whose state table is the default one's", options => options.TableName = "solid_cache", "TableName", "'solid_cache' is not a table name"),
        Case("an empty prefix", options => options.KeyPrefix = "", "KeyPrefix", "'' is not a key prefix: it must have 1 to 128 bytes"),
        Case("a prefix with a separator", options => options.KeyPrefix = "a^b", "KeyPrefix", "'a^b' is not a key prefix", "without '^'"),
        Case("a prefix that is too long", options => options.KeyPrefix = new string('p', 129), "KeyPrefix", "is not a key prefix"),
        Case("no value at all", options => options.MaxValueBytes = 0, "MaxValueBytes is 0; it must be from 1 to 500000000."),
        Case("compression of what has no bytes", options => options.CompressValuesFrom = 0, "CompressValuesFrom is 0; it must be from 1 to 500000000."),
        Case("compression of what cannot be dumped", options => options.CompressValuesFrom = 500_000_001, "CompressValuesFrom is 500000001; it must be from 1 to 500000000."),
        Case("values that cannot be dumped", options => options.MaxValueBytes = 500_000_001, "MaxValueBytes is 500000001; it must be from 1 to 500000000."),
        Case("an empty default life", options => options.DefaultAbsoluteExpiration = TimeSpan.Zero, "DefaultAbsoluteExpiration is 00:00:00; it must be positive, or null for none."),
        Case("a URI that is none", options => options.ConnectionString = "postgresql://me:a#b@db/x", Unusable, "The URI cannot be read: '@', ':'"),
        Case("a URI with a parameter of libpq's alone", options => options.ConnectionString = "postgresql://db/x?hostaddr=10.0.0.1", Unusable, "Npgsql has nothing for the URI's parameter hostaddr"),
        Case("a URI with a misspelt parameter", options => options.ConnectionString = "postgresql://db/x?sslmod=require", Unusable, "none that is known: is sslmode misspelt in it? Known are host, port, dbname"),
        Case("a URI with the rest of a password", options => options.ConnectionString = "postgresql://db/x?password=a&sekret=b", Unusable, "none that is known. Known are"),
        Case("a URI with a name alone", options => options.ConnectionString = "postgresql://db/x?sslmode", Unusable, "A parameter of the URI has no '='"),
        Case("a URI with more ports than hosts", options => options.ConnectionString = "postgresql://db/x?port=1,2", Unusable, "The URI has 1 hosts and 2 ports"),
        Case("a URI with a port that is no number", options => options.ConnectionString = "postgresql://db:x/x", Unusable, "a port is a number"),
        Case("an unknown failure mode", options => options.FailureMode = (SolidCacheFailureMode)7, "FailureMode is 7; it must be Throw or Degrade."),
        Case("no time", options => options.OperationTimeout = TimeSpan.FromSeconds(1) - Tick, "OperationTimeout is 00:00:00.9999999; it must be from 00:00:01 to 01:00:00."),
        Case("too much time", options => options.OperationTimeout = TimeSpan.FromHours(1) + Tick, "OperationTimeout is 01:00:00.0000001; it must be from 00:00:01 to 01:00:00."),
        Case("infinite time", options => options.OperationTimeout = Timeout.InfiniteTimeSpan, "OperationTimeout is -00:00:00.0010000;"),
        Case("sweeps too often", options => options.SweepInterval = TimeSpan.FromSeconds(1) - Tick, "SweepInterval is 00:00:00.9999999; it must be from 00:00:01 to 30.00:00:00."),
        Case("sweeps too seldom", options => options.SweepInterval = TimeSpan.FromDays(30) + Tick, "SweepInterval is 30.00:00:00.0000001; it must be from 00:00:01 to 30.00:00:00."),
        Case("a sweep that stands still", options => options.SweepMegabytesPerSecond = 0, "SweepMegabytesPerSecond is 0; it must be from 1 to 100000."),
        Case("a sweep that is too fast", options => options.SweepMegabytesPerSecond = 100_001, "SweepMegabytesPerSecond is 100001; it must be from 1 to 100000."),
        Case("no connection for reads", options => options.ReadConnections = 0, "ReadConnections is 0; it must be from 1 to 32."),
        Case("too many connections for reads", options => options.ReadConnections = 33, "ReadConnections is 33; it must be from 1 to 32."),
        Case("no connection for writes", options => options.WriteConnections = 0, "WriteConnections is 0; it must be from 1 to 32."),
        Case("too many connections for writes", options => options.WriteConnections = 33, "WriteConnections is 33; it must be from 1 to 32."),
        Case("too short a queue", options => options.MaxQueuedCalls = 99, "MaxQueuedCalls is 99; it must be from 100 to 1000000."),
        Case("too long a queue", options => options.MaxQueuedCalls = 1_000_001, "MaxQueuedCalls is 1000001; it must be from 100 to 1000000."),
        Case("too little slack", options => options.SlidingExpirationSlack = 0.009, "SlidingExpirationSlack is 0.009; it must be from 0.01 to 1."),
        Case("too much slack", options => options.SlidingExpirationSlack = 1.001, "SlidingExpirationSlack is 1.001; it must be from 0.01 to 1."),
        Case("slack that is no number", options => options.SlidingExpirationSlack = double.NaN, "SlidingExpirationSlack is NaN; it must be from 0.01 to 1."),
        Case("an empty default window", options => options.DefaultSlidingExpiration = TimeSpan.Zero, "DefaultSlidingExpiration is 00:00:00; it must be positive, or null for entries that never expire."),
        Case("a negative default window", options => options.DefaultSlidingExpiration = -Tick, "DefaultSlidingExpiration is -00:00:00.0000001; it must be positive"),
        Case("flags that are none", options => options.Hybrid.Flags = (HybridCacheEntryFlags)999, "Hybrid.Flags is 999; it must be made of the names of HybridCacheEntryFlags"),
        Case("a durability that is none", options => options.Durability = (SolidCacheDurability)7, "Durability is 7; it must be Relaxed or Full."),
        Case("a durable prefix that is null", options => options.DurableKeyPrefixes.Add(null!), "DurableKeyPrefixes holds a null; each must be the start of a key."),
    ];

    [TestCaseSource(nameof(Accepted))]
    public void What_can_work_is_accepted(Action<PostgresSolidCacheOptions> configure, string[] _) =>
        Assert.That(() => Start(services => services.AddPostgresSolidCache(configure)), Throws.Nothing);

    [TestCaseSource(nameof(Refused))]
    public void What_cannot_work_is_refused_by_option_value_and_rule(Action<PostgresSolidCacheOptions> configure, string[] words)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Start(services => services.AddPostgresSolidCache(configure)))!;

        Assert.That(error.Failures.ToList(), Has.Count.EqualTo(1));
        foreach (var word in words)
        {
            Assert.That(error.Message, Does.Contain(word.TrimEnd('.')));
        }
    }

    [Test]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Start(services => services.AddPostgresSolidCache(options =>
        {
            options.MaxValueBytes = 0;
            options.SweepInterval = TimeSpan.Zero;
            options.KeyPrefix = "";
        })))!;

        Assert.That(error.Failures.ToList(), Has.Count.EqualTo(3));
        Assert.That(error.Message, Does.Not.Contain(".;").And.Not.Contain("(Parameter"));
    }

    [Test]
    public void The_message_names_the_cache_when_it_has_a_key() =>
        Assert.That(
            () => Start(services => services.AddKeyedPostgresSolidCache("sessions", options => options.MaxValueBytes = 0)),
            Throws.TypeOf<OptionsValidationException>().With.Message.EqualTo("Cache 'sessions': MaxValueBytes is 0; it must be from 1 to 500000000"));

    [TestCase("Host=db;Username=me;Password=hunter2;Bogus=1")]
    [TestCase("Host=db;Username=me;Pasword=hunter2")]
    [TestCase("Host=db;Port=hunter2")]
    [TestCase("Host=db;SSL Mode=hunter2")]
    [TestCase("Host=db;Password='hunter2")]
    [TestCase("postgresql://me:hunter2@db:x/shop")]
    [TestCase("hunter2")]
    public void A_connection_string_never_gets_into_the_message(string connectionString)
    {
        var error = Assert.Throws<OptionsValidationException>(
            () => Start(services => services.AddPostgresSolidCache(options => options.ConnectionString = connectionString)))!;

        Assert.That(error.ToString(), Does.Not.Contain("hunter2").And.Not.Contain("Host=db"));
    }

    [Test]
    public void Wrong_options_are_refused_by_the_cache_too_when_no_host_was_started()
    {
        using var provider = new ServiceCollection().AddPostgresSolidCache(options => options.MaxValueBytes = 0).BuildServiceProvider();

        Assert.That(() => provider.GetRequiredService<ISolidCache>(), Throws.TypeOf<OptionsValidationException>());
    }

    private static TestCaseData Case(string name, Action<PostgresSolidCacheOptions> configure, params string[] words) =>
        new TestCaseData(configure, words).SetArgDisplayNames(name);

    private static void Start(Action<IServiceCollection> register)
    {
        var services = new ServiceCollection();
        register(services);
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IStartupValidator>().Validate();
    }
}
