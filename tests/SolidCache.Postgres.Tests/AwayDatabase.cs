using Microsoft.Extensions.Logging;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests;

/// <summary>A database whose server is not there: every attempt to connect fails at once and touches no network.</summary>
internal static class AwayDatabase
{
    public const string ConnectionString = "Host=/nowhere/to/be/found;Username=nobody;Database=nothing";

    public static readonly TableName Table = new(TableName.DefaultSchema, TableName.DefaultTable);

    public static ConnectionSource Connections(NpgsqlDataSource dataSource, ILoggerFactory loggers) =>
        new(
            dataSource,
            Table,
            new PoolerDetector(poolerSupportsPreparedStatements: false, new ServerClock(TimeProvider.System), Table, new Log(loggers)),
            new ServerClock(TimeProvider.System),
            static (_, _) => throw new InvalidOperationException("A session was opened although there is no server."),
            static () => { },
            TimeSpan.FromSeconds(1),
            TimeProvider.System);
}
