using System.Buffers;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>The rows of one statement. Columns are read once and from left to right.</summary>
internal sealed class RowReader(NpgsqlCommand command, NpgsqlDataReader rows, bool async) : IAsyncDisposable
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

    public async ValueTask DisposeAsync()
    {
        await rows.DisposeAsync(async).ConfigureAwait(false);
        await command.DisposeAsync(async).ConfigureAwait(false);
    }
}
