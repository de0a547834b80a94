using SolidCache.Postgres.Benchmarks.Scenarios;

const string Variable = "SOLIDCACHE_BENCHMARK_POSTGRES";
var scenarios = new Dictionary<string, Func<Table, Task>>(StringComparer.Ordinal)
{
    ["hot-updates"] = HotUpdates.RunAsync,
    ["sweep-under-load"] = SweepUnderLoad.RunAsync,
    ["health-on-a-large-table"] = HealthOnALargeTable.RunAsync,
};

if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } connectionString
    || args.Length != 1
    || !scenarios.TryGetValue(args[0], out var run))
{
    await Console.Error.WriteLineAsync(
        $"Usage: eng/with-postgres.sh --export {Variable} -- dotnet run -c Release --project benchmarks/SolidCache.Postgres.Benchmarks -- SCENARIO");
    await Console.Error.WriteLineAsync($"Scenarios: {string.Join(", ", scenarios.Keys)}");
    return 64;
}

await using var table = await Table.CreateAsync(connectionString);
await run(table);
return 0;
