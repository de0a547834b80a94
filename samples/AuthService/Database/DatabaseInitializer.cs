using AuthService.Authentication;
using AuthService.Settings;
using Npgsql;
using SolidCache.Postgres;

namespace AuthService.Database;

/// <summary>
/// Makes the tables and their first rows when the service starts. A database that is not up yet does not keep the service from
/// starting: the attempt is repeated until it succeeds, and <c>/health</c> tells.
/// </summary>
internal sealed class DatabaseInitializer(
    NpgsqlDataSource database,
    CredentialStore credentials,
    Passwords passwords,
    DemoPasswords demoPasswords,
    SettingTrigger settingTrigger,
    IConfiguration configuration,
    TimeProvider time,
    ILogger<DatabaseInitializer> logger)
    : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>More than a request has: an index on many users takes its time.</summary>
    private const int SecondsForTables = 60;

    /// <summary>What <c>schema.sql</c> raises where others own what it would use: waiting does not help.</summary>
    private const string OwnedByOthers = "AS001";

    /// <summary>Gets a value indicating whether the tables are there, as far as this process knows.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The first attempt comes before the first request, but a server that hangs may not hold up the start for long.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        using var patient = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patient.CancelAfter(Patience);
        await TryAsync(patient.Token, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!IsDone)
        {
            await Task.Delay(RetryDelay, time, stoppingToken);
            await TryAsync(stoppingToken, stoppingToken);
        }

        if (configuration.GetValue("Seed:Crowd", 0) is > 0 and var size)
        {
            await DemoUsers.SeedCrowdAsync(database, passwords, size, stoppingToken);
        }
    }

    private async Task TryAsync(CancellationToken attempt, CancellationToken stopping)
    {
        try
        {
            await InitializeAsync(attempt);
            await settingTrigger.InstallAsync(attempt);
            IsDone = true;
        }
        catch (PostgresException error) when (error.SqlState == OwnedByOthers)
        {
            throw new SetupException(error.MessageText, error);
        }
        catch (Exception error) when (!stopping.IsCancellationRequested && error is NpgsqlException or OperationCanceledException or TimeoutException or SolidCacheException)
        {
            logger.LogWarning(
                "The service's tables could not be made yet ({Reason}); trying again in {RetrySeconds} seconds.", error.Message, RetryDelay.TotalSeconds);
        }
    }

    /// <summary>All or nothing, and one process at a time: others that start wait for it and find the work done.</summary>
    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var script = SqlScript.Command("schema.sql", connection);
        script.CommandTimeout = SecondsForTables;
        await script.ExecuteNonQueryAsync(cancellationToken);
        if (demoPasswords.AreAllowed)
        {
            await DemoUsers.SeedAsync(connection, passwords, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        if (!demoPasswords.AreAllowed)
        {
            await DemoUsers.LockOutAsync(credentials, passwords, demoPasswords, cancellationToken);
        }
    }
}
