using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Hears every statement that this process sends to one database, by whatever data source; of those of a data source that it is told of, the types of the parameters too.</summary>
internal sealed class StatementEar : IDisposable
{
    private readonly ConcurrentDictionary<string, NpgsqlDbType[]?> _heard = new();
    private readonly ActivityListener _listener;

    public StatementEar(string database) => ActivitySource.AddActivityListener(_listener = new ActivityListener
    {
        ShouldListenTo = static source => source.Name == "Npgsql",
        Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        ActivityStopped = activity =>
        {
            if (Tag(activity, "db.query.text", "db.statement") is { } statement && Tag(activity, "db.namespace", "db.name") == database)
            {
                _heard.TryAdd(statement, null);
            }
        },
    });

    /// <summary>All of them, with the types of their parameters where those are known.</summary>
    public IReadOnlyDictionary<string, NpgsqlDbType[]?> Heard => _heard;

    public void ListenTo(NpgsqlDataSourceBuilder dataSource) => dataSource.ConfigureTracing(tracing =>
        tracing.ConfigureCommandEnrichmentCallback((_, command) => _heard[command.CommandText] = [.. command.Parameters.Select(static parameter => parameter.NpgsqlDbType)]));

    public void Dispose() => _listener.Dispose();

    private static string? Tag(Activity activity, params string[] names) => names.Select(activity.GetTagItem).FirstOrDefault(static tag => tag is not null)?.ToString();
}
