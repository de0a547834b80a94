using AuthService.Database;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace AuthService.Health;

/// <summary>Healthy when the database answers, takes changes, and the service's tables are made. Where it is only read, reads are served on: degraded.</summary>
internal sealed class DatabaseHealthCheck(NpgsqlDataSource database, DatabaseInitializer initializer) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // Not left to the driver: a server that hangs takes its time to refuse even a cancellation.
            var isReadOnly = await IsReadOnlyAsync(cancellationToken).WaitAsync(cancellationToken);
            return !initializer.IsDone ? new HealthCheckResult(context.Registration.FailureStatus, "The service's tables are not made yet.")
                : isReadOnly ? HealthCheckResult.Degraded("The database takes no changes: nobody can sign in.")
                : HealthCheckResult.Healthy();
        }
        catch (NpgsqlException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The database does not answer.", error);
        }
    }

    /// <summary>A standby, or a database that somebody has set so.</summary>
    private async Task<bool> IsReadOnlyAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT current_setting('transaction_read_only')::boolean");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
