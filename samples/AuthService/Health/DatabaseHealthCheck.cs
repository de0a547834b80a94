using AuthService.Database;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace AuthService.Health;

/// <summary>Healthy when the database answers and the service's tables are made.</summary>
internal sealed class DatabaseHealthCheck(NpgsqlDataSource database, DatabaseInitializer initializer) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = database.CreateCommand("SELECT");
            await command.ExecuteNonQueryAsync(cancellationToken);
            return initializer.IsDone
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(context.Registration.FailureStatus, "The service's tables are not made yet.");
        }
        catch (NpgsqlException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The database does not answer.", error);
        }
    }
}
