namespace SolidCache.Postgres.Tests.Warming;

/// <summary>Does what its probe says.</summary>
internal sealed class ProbedWarmer : ISolidCacheWarmer, IDisposable
{
    private readonly WarmerProbe _probe;

    public ProbedWarmer(WarmerProbe probe)
    {
        _probe = probe;
        probe.Make();
    }

    public Task WarmAsync(CancellationToken cancellationToken) => _probe.RunAsync(cancellationToken);

    public void Dispose() => _probe.Dispose();
}
