using System.Globalization;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Environments;
using SolidCache.Postgres.Benchmarks.Servers;
using StackExchange.Redis;

namespace SolidCache.Postgres.Benchmarks.Results;

/// <summary>What the figures of a run were measured on.</summary>
internal static class MachineDescription
{
    private static readonly string[] Settings =
        ["shared_buffers", "max_connections", "synchronous_commit", "fsync", "full_page_writes", "wal_level", "autovacuum", "jit"];

    public static async Task<ResultTable> CreateAsync(PostgresServer server)
    {
        var host = HostEnvironmentInfo.GetCurrent();
        var table = new ResultTable("machine", "", "Machine");
        table.Add("Date", DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        var processor = host.Cpu.Value?.ProcessorName?.Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        table.Add("Processor", $"{processor}, {Environment.ProcessorCount} logical cores");
        table.Add("Memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1_073_741_824.0:F0} GB");
        table.Add("Operating system", RuntimeInformation.OSDescription);
        table.Add(".NET", $"{Environment.Version}, {(host.IsServerGC ? "server" : "workstation")} garbage collection");
        table.Add("PostgreSQL", await server.ScalarAsync<string>("SHOW server_version"));
        table.Add("Redis", await RedisVersionAsync());
        var settings = await Task.WhenAll(Settings.Select(async name => $"{name} = {await server.ScalarAsync<string>($"SHOW {name}")}"));
        table.Add("PostgreSQL's settings", string.Join(", ", settings));
        return table;
    }

    private static async Task<string> RedisVersionAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ServerAddresses.Redis);
        return connection.GetServers()[0].Version.ToString();
    }
}
