using System.Buffers;
using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>The rows of one statement. Columns are read once and from left to right.</summary>
/// <param name="command">Disposed with the rows; null when it is used again.</param>
/// <param name="rows">What Npgsql reads.</param>
/// <param name="async">Whether to await or to block.</param>
internal sealed class RowReader(NpgsqlCommand? command, NpgsqlDataReader rows, bool async) : IAsyncDisposable
{
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken) => rows.ReadAsync(async, cancellationToken);

    public string Text(int column) => rows.GetString(column);

    public string? TextOrNull(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);

    public long BigInt(int column) => rows.GetInt64(column);

    public long? BigIntOrNull(int column) => rows.IsDBNull(column) ? null : rows.GetInt64(column);

    public bool Bool(int column) => rows.GetBoolean(column);

    /// <summary>Copies a bytea from the connection's buffer straight to the destination, which is advanced when all of it is there.</summary>
    public async ValueTask CopyBytesAsync(int column, IBufferWriter<byte> destination, CancellationToken cancellationToken)
    {
        var stream = await rows.GetStreamAsync(column, async, cancellationToken).ConfigureAwait(false);
        var length = (int)stream.Length;
        if (length == 0)
        {
            return;
        }

        var memory = destination.GetMemory(length)[..length];
        if (async)
        {
            await stream.ReadExactlyAsync(memory, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            stream.ReadExactly(memory.Span);
        }

        destination.Advance(length);
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
        if (command is not null)
        {
            await command.DisposeAsync(async).ConfigureAwait(false);
        }
    }
}
