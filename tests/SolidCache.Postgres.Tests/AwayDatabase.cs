using Microsoft.Extensions.Logging;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests;

/// <summary>A database whose server is not there: every attempt to connect fails at once and touches no network.</summary>
internal static class AwayDatabase
{
    public const string ConnectionString = "Host=/nowhere/to/be/found;Username=nobody;Database=nothing";

    public static readonly TableName Table = new(TableName.DefaultSchema, TableName.DefaultTable);

    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static CallClock Clock(TimeProvider? time = null) => new(Limit, time ?? TimeProvider.System, Table);

    public static ConnectionSource Connections(NpgsqlDataSource dataSource, ILoggerFactory loggers) =>
        new(
            dataSource,
            isOwned: false,
            Table,
            new PoolerDetector(poolerSupportsPreparedStatements: false, ownsConnections: false, announces: false, new ServerClock(TimeProvider.System), Table, new Log(loggers)),
            new ServerClock(TimeProvider.System),
            static _ => throw new InvalidOperationException("A session was opened although there is no server."),
            static () => { },
            Clock());

    public static SideWork Work(NpgsqlDataSource dataSource, ILoggerFactory loggers) => new(Connections(dataSource, loggers), Clock(), "tests");
}
