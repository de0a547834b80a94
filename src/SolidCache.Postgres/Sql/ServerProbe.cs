using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>Asks the server whether it would serve, on behalf of a breaker.</summary>
internal sealed class ServerProbe(ConnectionSource connections, TimeSpan patience, TimeProvider time)
{
    public Task ReadsAsync(CancellationToken cancellationToken) => AskAsync("/* solid_cache:probe */ SELECT false", cancellationToken);

    public Task WritesAsync(CancellationToken cancellationToken) =>
        AskAsync("/* solid_cache:probe */ SELECT current_setting('transaction_read_only')::boolean", cancellationToken);

    private async Task AskAsync(string question, CancellationToken cancellationToken)
    {
        using var patient = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patient.Token);
        var refuses = await connections.RunAsync(
            question,
            static async (session, question, token) =>
            {
                var rows = await session.Planned(question).QueryAsync(token).ConfigureAwait(false);
                await using (rows.ConfigureAwait(false))
                {
                    return await rows.ReadAsync(token).ConfigureAwait(false) && rows.Bool(0);
                }
            },
            async: true,
            either.Token).ConfigureAwait(false);
        if (refuses)
        {
            throw new NpgsqlException("The server is read-only.");
        }
    }
}
