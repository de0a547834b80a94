using CsCheck;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.DependencyInjection;
using SolidCache.Postgres.Tests.Entries;

namespace SolidCache.Postgres.Tests.Hostile;

/// <summary>Options that somebody got wrong are named, all at once; nothing is thrown, and no connection string is repeated.</summary>
public sealed class OptionsProperties
{
    private const string Secret = "hunter2";

    private static readonly string[] Keywords =
    [
        "Host", "Port", "Username", "Password", "Database", "SSL Mode", "Timeout", "Command Timeout", "Maximum Pool Size", "Minimum Pool Size", "Multiplexing", "Keepalive",
        "Root Certificate", "SSL Certificate", "Passfile", "Search Path", "Options", "Target Session Attributes", "Write Buffer Size", "Read Buffer Size", "Socket Send Buffer Size",
        "Connection Lifetime", "Auto Prepare Min Usages", "Max Auto Prepare", "Load Balance Hosts", "Encoding", "Timezone", "Kerberos Service Name", "Bogus", "", "=",
    ];

    private static readonly Gen<string> Value = Gen.OneOf(
        Gen.OneOf(Secret, "x", "", "0", "-1", "true", "prefer", "99999999999999999999", "1e9", "'", "\"", "'a;b'", "a,b:1,c:x", "/tmp", "[::1]:x", ":", "x:99999999999"),
        Texts.Short,
        Gen.Int.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    private static readonly Gen<string> ConnectionString = Gen.OneOf(
        Gen.Select(Gen.OneOf(Keywords), Value, (keyword, value) => $"{keyword}={value}").Array[0, 5]
            .Select(parts => $"Password={Secret};" + string.Join(';', parts)),
        Texts.Any);

    private static readonly Gen<TimeSpan> Duration = Gen.OneOf(
        Gen.OneOf(TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.Zero, Timeout.InfiniteTimeSpan, TimeSpan.FromSeconds(1)), Gen.Long.Select(TimeSpan.FromTicks));

    [Test]
    public void Nothing_that_options_hold_makes_their_validation_throw_or_repeat_the_connection_string() =>
        Gen.Select(
            Gen.Select(Texts.Any.Null(), Texts.Any.Null(), Texts.Any.Null(), ConnectionString.Null()),
            Gen.Int.Array[5],
            Gen.Select(Duration, Duration, Duration.Nullable(), Gen.Double)).Sample(
            (texts, numbers, times) =>
            {
                var options = new PostgresSolidCacheOptions
                {
                    SchemaName = texts.Item1!,
                    TableName = texts.Item2!,
                    KeyPrefix = texts.Item3,
                    ConnectionString = texts.Item4,
                    Durability = (SolidCacheDurability)numbers[0],
                    MaxValueBytes = numbers[1],
                    ReadConnections = numbers[2],
                    WriteConnections = numbers[3],
                    MaxQueuedCalls = numbers[4],
                    OperationTimeout = times.Item1,
                    SweepInterval = times.Item2,
                    DefaultSlidingExpiration = times.Item3,
                    SlidingExpirationSlack = times.Item4,
                };
                var result = new OptionsValidator().Validate("cache", options);
                return result.Succeeded || (result.Failed && result.Failures.All(failure => failure.StartsWith("Cache 'cache': ", StringComparison.Ordinal)));
            },
            iter: 1_500,
            print: parts => $"{parts.Item1.Item4?.Escaped()}");

    /// <summary>A server repeats in its messages what it is told of these, and so would the log.</summary>
    [Test]
    public void A_password_that_stands_in_another_value_is_refused_and_not_shown() =>
        Gen.Select(
            Gen.OneOf("Host", "Username", "Database", "Search Path", "Options", "Application Name", "Root Certificate", "SSL Certificate", "Passfile", "Timezone", "Kerberos Service Name"),
            Gen.OneOf(" ", ",", ", ", "\t", "\n", "|", "&", ""),
            Gen.OneOf("Password", "password", "PASSWORD", "Passwrd", "SslPassword", "SSL Password", "Pwd", "PSW", "passphrase"),
            Gen.OneOf("=", " =", "\t= ")).Sample(
            (keyword, sign, password, assigned) =>
            {
                var connectionString = $"Host=x;Username=me;{keyword}=y{sign}{password}{assigned}{Secret}";
                var result = new OptionsValidator().Validate(Options.DefaultName, new() { ConnectionString = connectionString });
                return result.Failed && !result.FailureMessage.Contains(Secret, StringComparison.Ordinal);
            },
            iter: 2_000);

    [TestCase("postgresql://h/d1?user=u;password=hunter2")]
    [TestCase("postgresql://h/d1;Username=u;Password=hunter2")]
    [TestCase("postgresql://h/d1&user=u&password=hunter2")]
    [TestCase("postgresql://u@h/d1%20password=hunter2")]
    [TestCase("postgres://u;hunter2@h/d")]
    [TestCase("postgresql://u:12345/hunter2@h/d1")]
    [TestCase("postgresql://h/hunter2@db/d1?user=u&password=p")]
    [TestCase("Host=postgresql://u:hunter2@h/d")]
    [TestCase("Host=h,u:hunter2@h")]
    [TestCase("Host=//u:hunter2@h")]
    [TestCase("Host=/tmp Password:hunter2")]
    [TestCase("Host=/tmp/u:hunter2@h")]
    [TestCase("Host=h:5432:hunter2")]
    [TestCase("Host=h:hunter2")]
    [TestCase("Host=h;Username=u:hunter2@h")]
    [TestCase("Host=h;Username=u Pass=hunter2")]
    [TestCase("Host=h;Username=u Secret = hunter2")]
    [TestCase("Host=h;Database=d Key=hunter2")]
    [TestCase("Host=h;Username=u；Password＝hunter2")]
    [TestCase("Host=h;Username=u \"Password\"=hunter2")]
    [TestCase("Host=h;Username=u Password->hunter2")]
    [TestCase("Host=h;Username=u Password is hunter2")]
    [TestCase("Host=h;Username=u pass\u200bword=hunter2")]
    [TestCase("Host=h;Username=u p\u0430ssword\u200b=hunter2")]
    [TestCase("Host=h;Database=d,pass=hunter2")]
    [TestCase("Host=h;Username=u Password:hunter2")]
    [TestCase("Host=h;Username=u Password-hunter2")]
    public void Nor_is_one_that_a_URI_or_a_semicolon_puts_into_a_name(string connectionString) =>
        Assert.That(
            new OptionsValidator().Validate(Options.DefaultName, new() { ConnectionString = connectionString }),
            Has.Property(nameof(ValidateOptionsResult.Failed)).True.And.Property(nameof(ValidateOptionsResult.FailureMessage)).Not.Contain(Secret));

    [TestCase("Host=h;Username=password-reset;Database=password_store")]
    [TestCase("Host=pass:5432,user-pass:5432;Username=password:admin")]
    [TestCase("Host=h;Username=app@server;Database=shop-2")]
    [TestCase("Host=h;Username=postgres.project;Options=-c geqo=off -c statement_timeout=0")]
    [TestCase("Host=h;Username='my;user';Database=a:b")]
    public void An_odd_name_is_still_one(string connectionString) =>
        Assert.That(new OptionsValidator().Validate(Options.DefaultName, new() { ConnectionString = connectionString }).Failed, Is.False);

    [Test]
    public void A_connection_string_is_accepted_or_refused_without_being_shown() =>
        ConnectionString.Sample(
            connectionString =>
            {
                var result = new OptionsValidator().Validate(Options.DefaultName, new() { ConnectionString = connectionString });
                return result.Succeeded || !result.FailureMessage!.Contains(Secret, StringComparison.Ordinal);
            },
            iter: 4_000,
            print: Texts.Print);
}
