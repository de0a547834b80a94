using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>Refuses options that cannot work, naming the option, its value and the rule. Written out, since attributes do not know the value.</summary>
internal sealed class OptionsValidator : IValidateOptions<PostgresSolidCacheOptions>
{
    private const HybridCacheEntryFlags AllFlags =
        HybridCacheEntryFlags.DisableLocalCache | HybridCacheEntryFlags.DisableDistributedCache | HybridCacheEntryFlags.DisableUnderlyingData | HybridCacheEntryFlags.DisableCompression;

    public ValidateOptionsResult Validate(string? name, PostgresSolidCacheOptions options)
    {
        var failures = Failures(options).OfType<string>()
            // Several failures are joined by a semicolon.
            .Select(failure => (string.IsNullOrEmpty(name) ? failure : $"Cache '{name}': {failure}").TrimEnd('.'))
            .ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string?> Failures(PostgresSolidCacheOptions options) =>
    [
        ConnectionStringFailure(nameof(options.ConnectionString), options.ConnectionString),
        options is { ConnectionString: not null, DataSource: not null } ? "There are a ConnectionString and a data source; the cache takes one of them." : null,
        Constructs($"{nameof(options.SchemaName)} or {nameof(options.TableName)}", () => new TableName(options.SchemaName, options.TableName)),
        Constructs(nameof(options.KeyPrefix), () => new KeySpace(options.KeyPrefix)),
        Within(nameof(options.MaxValueBytes), options.MaxValueBytes, 1, 500_000_000),
        Within(nameof(options.CompressValuesFrom), options.CompressValuesFrom ?? 1, 1, 500_000_000),
        Within(nameof(options.OperationTimeout), options.OperationTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        Within(nameof(options.ReadConnections), options.ReadConnections, 1, 32),
        Within(nameof(options.WriteConnections), options.WriteConnections, 1, 32),
        Within(nameof(options.MaxQueuedCalls), options.MaxQueuedCalls, 100, 1_000_000),
        Within(nameof(options.SweepInterval), options.SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
        Within(nameof(options.SweepMegabytesPerSecond), options.SweepMegabytesPerSecond, 1, 100_000),
        Within(nameof(options.SlidingExpirationSlack), options.SlidingExpirationSlack, 0.01, 1),
        Within("Invalidation.PollInterval", options.Invalidation.PollInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)),
        Within("Invalidation.MaxStaleness", options.Invalidation.MaxStaleness, Least(options.Invalidation.PollInterval, TimeSpan.FromMinutes(1)) * 2, TimeSpan.FromMinutes(4)),
        ConnectionStringFailure("Invalidation.ListenerConnectionString", options.Invalidation.ListenerConnectionString),
        Within("Hybrid.Expiration", options.Hybrid.Expiration, TimeSpan.FromTicks(1), TimeSpan.MaxValue),
        Within("Hybrid.LocalCacheExpiration", options.Hybrid.LocalCacheExpiration ?? options.Hybrid.Expiration, TimeSpan.FromTicks(1), TimeSpan.MaxValue),
        Within("Hybrid.MaximumLocalCacheBytes", options.Hybrid.MaximumLocalCacheBytes, 1_000_000, 1_000_000_000_000),
        Within("Hybrid.MaximumKeyLength", options.Hybrid.MaximumKeyLength, 1, int.MaxValue),
        Within("Hybrid.MaximumPayloadBytes", options.Hybrid.MaximumPayloadBytes, 1, 500_000_000),
        Within("Hybrid.ReadBudget", options.Hybrid.ReadBudget, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
        Within("Hybrid.LeaseWait", options.Hybrid.LeaseWait, TimeSpan.Zero, TimeSpan.MaxValue),
        Within("Hybrid.AllowStaleFor", options.Hybrid.AllowStaleFor, TimeSpan.Zero, TimeSpan.MaxValue),
        options.Hybrid.RefreshBefore is >= 0 and < 1 ? null : FormattableString.Invariant($"Hybrid.RefreshBefore is {options.Hybrid.RefreshBefore}; it must be from 0 to less than 1."),
        options.DefaultSlidingExpiration <= TimeSpan.Zero
            ? $"{nameof(options.DefaultSlidingExpiration)} is {options.DefaultSlidingExpiration}; it must be positive, or null for entries that never expire."
            : null,
        options.DefaultAbsoluteExpiration <= TimeSpan.Zero
            ? $"{nameof(options.DefaultAbsoluteExpiration)} is {options.DefaultAbsoluteExpiration}; it must be positive, or null for none."
            : null,
        (options.Hybrid.Flags & ~AllFlags) == 0 ? null : $"Hybrid.Flags is {options.Hybrid.Flags}; it must be made of the names of HybridCacheEntryFlags.",
        Enum.IsDefined(options.FailureMode) ? null : $"{nameof(options.FailureMode)} is {options.FailureMode}; it must be Throw or Degrade.",
        Enum.IsDefined(options.Durability) ? null : $"{nameof(options.Durability)} is {options.Durability}; it must be Relaxed or Full.",
        options.DurableKeyPrefixes.Any(prefix => prefix is null) ? $"{nameof(options.DurableKeyPrefixes)} holds a null; each must be the start of a key." : null,
    ];

    private static string? ConnectionStringFailure(string option, string? connectionString)
    {
        if (connectionString is null)
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return $"{option} is empty; it must be an Npgsql connection string with a host, or null to use the registered NpgsqlDataSource. "
                + "Is the setting that it was to come from there, and under this name?";
        }

        if (CacheDataSource.Refusal(connectionString) is { } refusal)
        {
            return $"{option}: {refusal}";
        }

        return CacheDataSource.Flaw(connectionString) is not { } flaw
            ? null
            : $"{option} cannot be used (it is not shown, since it may hold a password); it must be an Npgsql connection string or a postgresql:// URI with a host, or null to use the registered NpgsqlDataSource."
                + (flaw.Length > 0 ? $" {flaw}" : ConnectionKeywords.Misspelt(connectionString) is { } meant ? $" Is {meant} misspelt in it?" : "");
    }

    private static string? Within<T>(string option, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? null
            : FormattableString.Invariant($"{option} is {value}; it must be from {least} to {most}.");

    /// <summary>Types that own their rules are asked by making one.</summary>
    private static string? Constructs(string option, Func<object> construct)
    {
        try
        {
            construct();
            return null;
        }
        catch (ArgumentException error)
        {
            // Whose parameter it was is of no use to somebody who has set an option.
            return $"{option}: {error.Message.Replace($" (Parameter '{error.ParamName}')", "", StringComparison.Ordinal)}";
        }
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
