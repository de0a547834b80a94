using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>The data source that a cache uses: its own, which it disposes, or the application's, which it leaves as it is.</summary>
internal sealed class CacheDataSource : IAsyncDisposable, IDisposable
{
    /// <summary>Npgsql's, which it looks at with each connection only.</summary>
    private const int LeastBufferSize = 4_096;

    private readonly NpgsqlDataSource? _owned;

    private CacheDataSource(NpgsqlDataSource source, NpgsqlDataSource? owned)
    {
        Source = ThroughPrimary(source);
        _owned = owned;
    }

    public NpgsqlDataSource Source { get; }

    /// <summary>Whether it is the cache's own, whose pool nobody else uses.</summary>
    public bool IsOwned => _owned is not null;

    /// <summary>Gets how many connections there may be.</summary>
    public int MaxPoolSize => new NpgsqlConnectionStringBuilder(Source.ConnectionString).MaxPoolSize;

    /// <summary>An explicit connection string or data source wins, then the data source under the cache's own key, then the unkeyed one.</summary>
    /// <param name="services">The application's; null for a cache without a container.</param>
    /// <param name="name">The cache's key.</param>
    /// <param name="options">The cache's.</param>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static CacheDataSource Choose(IServiceProvider? services, string name, PostgresSolidCacheOptions options)
    {
        if (options.ConnectionString is { } connectionString)
        {
            return Of(connectionString, name, options.OperationTimeout);
        }

        var registered = (options.DataSource ?? options.CopiedDataSource)?.Invoke()
            ?? (name.Length == 0 ? null : services?.GetKeyedService<NpgsqlDataSource>(name))
            ?? services?.GetService<NpgsqlDataSource>()
            ?? throw new InvalidOperationException(
                $"The cache has no database. Set {nameof(PostgresSolidCacheOptions)}.{nameof(options.ConnectionString)}, or register an "
                + "NpgsqlDataSource: services.AddSingleton(NpgsqlDataSource.Create(connectionString)), or services.AddNpgsqlDataSource(connectionString) of the package Npgsql.DependencyInjection. "
                + "If you have set it, what you have set it to is null: is that setting, or section, of the configuration there, under this name?");
        RefuseUnfit(registered.ConnectionString);
        return new CacheDataSource(registered, owned: null);
    }

    /// <summary>One of the cache's own.</summary>
    public static CacheDataSource Of(string connectionString, string name, TimeSpan commandTimeout)
    {
        var own = Build(connectionString, name, commandTimeout);
        return new CacheDataSource(own, own);
    }

    /// <summary>Why no data source can be made of a connection string; none is connected.</summary>
    /// <returns>Null if one can, and empty where it is not known, since Npgsql's words may hold a password.</returns>
    public static string? Flaw(string connectionString)
    {
        try
        {
            Build(connectionString, name: "", TimeSpan.Zero).Dispose();
            return null;
        }
        catch (FlawedConnectionStringException flaw)
        {
            return flaw.Message;
        }
        catch (Exception error) when (MeansUnusable(error))
        {
            return "";
        }
    }

    /// <summary>Why a connection string that Npgsql accepts does not do for a cache, or null.</summary>
    public static string? Refusal(string connectionString) => Read(connectionString) switch
    {
        { Multiplexing: true } =>
            "The cache cannot use a data source with Multiplexing=true: Npgsql then neither prepares statements nor runs synchronous ones. "
            + $"Set {nameof(PostgresSolidCacheOptions)}.{nameof(PostgresSolidCacheOptions.ConnectionString)} without it, or register a data source for the cache under its key.",
        { } settings when !ConnectionValues.ArePorts(settings) =>
            "There is no port above 65535, and the connection string or data source has one: correct its Port, or the number behind a host.",
        { ReadBufferSize: < LeastBufferSize and var size } => TooSmall("Read Buffer Size", size),
        { WriteBufferSize: < LeastBufferSize and var size } => TooSmall("Write Buffer Size", size),
        _ => null,
    };

    public void Dispose() => _owned?.Dispose();

    public ValueTask DisposeAsync() => _owned?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>
    /// The slim builder keeps NativeAOT small; named, so that the connection string becomes no metric's tag, and after the cache, so that several can be told
    /// apart. Without a logger: the statements of a cache are not what an application's log is for, and Npgsql logs each at Information.
    /// </summary>
    private static NpgsqlDataSource Build(string connectionString, string name, TimeSpan commandTimeout)
    {
        RefuseUnfit(connectionString);
        var builder = new NpgsqlSlimDataSourceBuilder(ConnectionUri.Read(connectionString)) { Name = name.Length == 0 ? "SolidCache.Postgres" : $"SolidCache.Postgres:{name}" };
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        // Npgsql would ask for the database's types before anything else, in a statement that calls what the search_path leads to. PostgreSQL's own suffice.
        builder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));
        var settings = builder.ConnectionStringBuilder;
        if (ConnectionValues.Overfull(settings) is { } keyword)
        {
            throw new FlawedConnectionStringException(
                $"The value of {keyword} holds more than itself: the parts of a connection string are parted by semicolons, those of a URI after its '?' by '&'; a password with such signs stands in quotes, in a URI as %3B and so on.");
        }

        // Whatever the environment (PGCLIENTENCODING) or a string that others use too says: in another encoding a key would be another key.
        (settings.Encoding, settings.ClientEncoding) = ("UTF8", "UTF8");
        // What the cache does not prepare must not be: behind a pooler, or because it is planned with its values.
        settings.MaxAutoPrepare = 0;
        settings.Enlist = false;
        // Nothing that the cache sends outlives its transaction, and a reset for each call is most of a short call's cost.
        settings.NoResetOnClose = true;
        // That of every statement, so that Npgsql need not tell the socket whenever it changes; and all that limits the preparation of one.
        settings.CommandTimeout = (int)Math.Ceiling(commandTimeout.TotalSeconds);
        // A connection that takes longer than a call may is of no use to it; and after a failover the new primary is looked for at once.
        SetUnlessGiven(settings, "Timeout", (int)Math.Min(Math.Ceiling(commandTimeout.TotalSeconds), 1_024));
        SetUnlessGiven(settings, "Host Recheck Seconds", 1);
        // Milliseconds that a connection is waited for whose statement was cancelled, and its lane with it. Its call has ended already.
        SetUnlessGiven(settings, "Cancellation Timeout", 500);
        // A network that forgets connections which are silent for minutes (address translation, load balancers) would let the next call wait in vain. The
        // system sees to it, for those that are idle in the pool too.
        if (settings.Host is not { } hosts || !Array.Exists(hosts.Split(',', StringSplitOptions.TrimEntries), IsUnixSocket))
        {
            SetUnlessGiven(settings, "Tcp Keepalive Time", 60);
            SetUnlessGiven(settings, "Tcp Keepalive Interval", 10);
        }

        settings.ApplicationName ??= "SolidCache.Postgres";
        // A batch in a few system calls instead of one for each 8 KB: see docs/benchmarks.md.
        SetUnlessGiven(settings, "Write Buffer Size", 128 * 1024);
        SetUnlessGiven(settings, "Read Buffer Size", 64 * 1024);
        return builder.Build();
    }

    /// <summary>Whether a host is a path, or a name in Linux' own space of them. Such a socket refuses what is TCP's, and no connection would open.</summary>
    public static bool IsUnixSocket(string host) => Path.IsPathRooted(host) || host.StartsWith('@');

    private static string TooSmall(string keyword, int size) => FormattableString.Invariant(
        $"{keyword} is {size}, and Npgsql opens no connection with less than {LeastBufferSize}: raise it in the connection string or data source, or leave it out.");

    private static void SetUnlessGiven(NpgsqlConnectionStringBuilder settings, string keyword, object value)
    {
        // ContainsKey is true of every keyword there is.
        if (!settings.ShouldSerialize(keyword))
        {
            settings[keyword] = value;
        }
    }

    private static void RefuseUnfit(string connectionString)
    {
        if (Refusal(connectionString) is { } refusal)
        {
            throw new InvalidOperationException(refusal);
        }
    }

    private static NpgsqlConnectionStringBuilder? Read(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(ConnectionUri.Read(connectionString));
        }
        catch (Exception error) when (MeansUnusable(error))
        {
            return null;
        }
    }

    /// <summary>All that Npgsql throws at connection strings: <c>Host=x:99999999999</c> overflows, and the unknown keyword of <c>Bogus=</c> is not found.</summary>
    private static bool MeansUnusable(Exception error) =>
        error is ArgumentException or InvalidOperationException or NotSupportedException or FormatException or OverflowException or KeyNotFoundException;

    private static NpgsqlDataSource ThroughPrimary(NpgsqlDataSource source) =>
        source is NpgsqlMultiHostDataSource hosts && new NpgsqlConnectionStringBuilder(hosts.ConnectionString).TargetSessionAttributes is null
            ? hosts.WithTargetSession(TargetSessionAttributes.Primary)
            : source;
}
