using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>The rows of one statement. Columns are read once and from left to right.</summary>
/// <param name="command">Disposed with the rows; null when it is used again.</param>
/// <param name="rows">What Npgsql reads.</param>
/// <param name="patience">With the statement until all has been read.</param>
/// <param name="async">Whether to await or to block.</param>
internal sealed class RowReader(NpgsqlCommand? command, NpgsqlDataReader rows, Patience? patience, bool async) : IAsyncDisposable
{
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken) => rows.ReadAsync(async, cancellationToken);

    public string Text(int column) => rows.GetString(column);

    public string? TextOrNull(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);

    public long BigInt(int column) => rows.GetInt64(column);

    public long? BigIntOrNull(int column) => rows.IsDBNull(column) ? null : rows.GetInt64(column);

    public bool Bool(int column) => rows.GetBoolean(column);

    /// <summary>Copies a bytea, as it arrives, into pooled memory.</summary>
    public async ValueTask<ReadValue> ReadValueAsync(int column, bool touchIsDue, CancellationToken cancellationToken)
    {
        var stream = await rows.GetStreamAsync(column, async, cancellationToken).ConfigureAwait(false);
        var value = ReadValue.Rent((int)stream.Length, touchIsDue);
        var memory = value.Array.AsMemory(0, value.Length);
        if (async)
        {
            await stream.ReadExactlyAsync(memory, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            stream.ReadExactly(memory.Span);
        }

        return value;
    }

    /// <summary>Copies a bytea of a buffered row into pooled memory.</summary>
    public ReadValue Value(int column, bool touchIsDue)
    {
        var value = ReadValue.Rent((int)rows.GetBytes(column, 0, null, 0, 0), touchIsDue);
        rows.GetBytes(column, 0, value.Array, 0, value.Length);
        return value;
    }

    public async ValueTask DisposeAsync()
    {
        await rows.DisposeAsync(async).ConfigureAwait(false);
        patience?.End();
        if (command is not null)
        {
            await command.DisposeAsync(async).ConfigureAwait(false);
        }
    }
}
