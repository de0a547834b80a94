using System.Globalization;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>For how long, with which faults, and where the figures go: set by eng/soak.sh.</summary>
internal sealed record SoakSettings(TimeSpan Duration, int Seed, string? FaultName, string? TableFile)
{
    private const string SecondsVariable = "SOLIDCACHE_SOAK_SECONDS";
    private const string SeedVariable = "SOLIDCACHE_SOAK_SEED";
    private const string FaultVariable = "SOLIDCACHE_SOAK_FAULT";
    private const string TableVariable = "SOLIDCACHE_SOAK_TABLE";

    /// <summary>Half a minute of faults that nobody has seen before, unless told otherwise.</summary>
    public static SoakSettings FromEnvironment() => new(
        TimeSpan.FromSeconds(Number(SecondsVariable) ?? 30),
        Number(SeedVariable) ?? Random.Shared.Next(1_000_000),
        Text(FaultVariable),
        Text(TableVariable));

    private static int? Number(string variable) => Text(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static string? Text(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;
}
