using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Schema;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>The parts of a cache without a container, and what a container and a host do for the others.</summary>
internal sealed class OwnedParts : IAsyncDisposable, IDisposable
{
    private readonly CacheInstruments _instruments = new(meters: null);
    private readonly CacheParts _parts;

    private OwnedParts(PostgresSolidCacheOptions options, ILoggerFactory loggers) =>
        _parts = new CacheParts(options, "", application: null, CacheDataSource.Choose(services: null, "", options), new TableClaims(), _instruments, TimeProvider.System, loggers);

    public ISolidCache Cache => _parts.Cache;

    /// <exception cref="OptionsValidationException">An option cannot work.</exception>
    public static OwnedParts Create(PostgresSolidCacheOptions options, ILoggerFactory? loggers)
    {
        var validation = new OptionsValidator().Validate(name: null, options);
        if (validation.Failed)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(PostgresSolidCacheOptions), validation.Failures);
        }

        var owned = new OwnedParts(options, loggers ?? NullLoggerFactory.Instance);
        // It goes on by itself, and returns at once.
        _ = owned._parts.SweeperService.StartAsync(CancellationToken.None);
        return owned;
    }

    public void Dispose()
    {
        // Cancels the sweep, which ends on a thread of its own.
        _parts.SweeperService.Dispose();
        _parts.Dispose();
        _instruments.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _parts.SweeperService.StopAsync(CancellationToken.None).ConfigureAwait(false);
        _parts.SweeperService.Dispose();
        await _parts.DisposeAsync().ConfigureAwait(false);
        _instruments.Dispose();
    }
}
