using System.Data;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>One execution of one statement; use it once.</summary>
internal readonly struct SqlCall(NpgsqlCommand command, bool prepare, Patience? patience, bool async)
{
    public async ValueTask<int> ExecuteAsync(CancellationToken cancellationToken)
    {
        patience?.Begin();
        try
        {
            await PrepareAsync(cancellationToken).ConfigureAwait(false);
            return await command.ExecuteNonQueryAsync(async, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            patience?.End();
            // The parameters are the caller's, who may execute them once more.
            command.Parameters.Clear();
            await command.DisposeAsync(async).ConfigureAwait(false);
        }
    }

    /// <summary>Rows whose large columns are read as they arrive.</summary>
    public ValueTask<RowReader> QueryAsync(CancellationToken cancellationToken) => QueryAsync(CommandBehavior.SequentialAccess, cancellationToken);

    /// <summary>Rows that arrive as a whole.</summary>
    public ValueTask<RowReader> QueryBufferedAsync(CancellationToken cancellationToken) => QueryAsync(CommandBehavior.Default, cancellationToken);

    private async ValueTask<RowReader> QueryAsync(CommandBehavior behavior, CancellationToken cancellationToken)
    {
        patience?.Begin();
        try
        {
            await PrepareAsync(cancellationToken).ConfigureAwait(false);
            var rows = await command.ExecuteReaderAsync(behavior, async, cancellationToken).ConfigureAwait(false);
            return new RowReader(command, rows, patience, async);
        }
        catch
        {
            patience?.End();
            await command.DisposeAsync(async).ConfigureAwait(false);
            throw;
        }
    }

    private ValueTask PrepareAsync(CancellationToken cancellationToken) =>
        prepare ? command.PrepareAsync(async, cancellationToken) : ValueTask.CompletedTask;
}
