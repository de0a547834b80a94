using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>The writes of a batch that are executed by one statement, as the columns of its parameters; reused from batch to batch.</summary>
internal abstract class BatchRows
{
    /// <summary>The keys, in the order in which the statement locks them.</summary>
    protected List<string> Keys { get; } = [];

    public int Count => Keys.Count;

    /// <summary>Gets or sets the time after which the server may not execute it any more, in microseconds since 1970.</summary>
    public long Deadline { get; set; }

    public virtual void Add(WriteRequest write) => Keys.Add(write.Key.Stored);

    public virtual void Clear() => Keys.Clear();

    /// <summary>Executes the statement by itself.</summary>
    public abstract ValueTask ExecuteAsync(Session session, CancellationToken cancellationToken);

    /// <summary>The statement as one of several that go together.</summary>
    public abstract NpgsqlBatchCommand ToBatchCommand();
}
