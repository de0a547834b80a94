using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>Asks the server whether it would serve, on behalf of a breaker: on a fresh connection, since old ones may lead nowhere.</summary>
internal sealed class ServerProbe(ConnectionSource connections)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public Task ReadsAsync(CancellationToken cancellationToken) => AskAsync("/* solid_cache:probe */ SELECT false", cancellationToken);

    public Task WritesAsync(CancellationToken cancellationToken) =>
        AskAsync("/* solid_cache:probe */ SELECT current_setting('transaction_read_only')::boolean", cancellationToken);

    private async Task AskAsync(string question, CancellationToken cancellationToken)
    {
        connections.ForgetIdle();
        var refuses = await connections.RunWithinAsync(
            Limit,
            question,
            static async (session, question, token) =>
            {
                var rows = await session.Planned(question).QueryAsync(token).ConfigureAwait(false);
                await using (rows.ConfigureAwait(false))
                {
                    return await rows.ReadAsync(token).ConfigureAwait(false) && rows.Bool(0);
                }
            },
            cancellationToken).ConfigureAwait(false);
        if (refuses)
        {
            throw new NpgsqlException("The server is read-only.");
        }
    }
}
