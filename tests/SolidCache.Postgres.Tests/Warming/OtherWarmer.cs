namespace SolidCache.Postgres.Tests.Warming;

/// <summary>A second warmer of the same host.</summary>
internal sealed class OtherWarmer(WarmerProbe probe) : ISolidCacheWarmer
{
    public Task WarmAsync(CancellationToken cancellationToken) => probe.RunAsync(cancellationToken);
}
