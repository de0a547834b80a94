namespace SolidCache.Postgres.Benchmarks.Stampedes;

/// <summary>What every process is asked to do at the same moment.</summary>
/// <param name="Guard">By which cache.</param>
/// <param name="Name">What its keys start with; nobody has used it before.</param>
/// <param name="Keys">How many keys there are.</param>
/// <param name="Callers">How many callers this process has; they divide the keys among them.</param>
/// <param name="StartsAt">When they all call.</param>
internal sealed record StampedeRound(StampedeGuard Guard, string Name, int Keys, int Callers, DateTimeOffset StartsAt);
