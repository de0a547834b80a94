using System.Buffers;
using CsCheck;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Random keys and values come back as they were, each to its own key, one by one and in batches.</summary>
[TestFixture(true)]
[TestFixture(false)]
[Category(OneServer.Category)]
public sealed class RandomEntries(bool coalescing)
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpiration = DateTimeOffset.MaxValue };
    private static readonly Gen<byte[]> Value = Gen.Frequency((8, Gen.Byte.Array[0, 40]), (1, Gen.Byte.Array[2_000, 20_000]));
    private TestDatabase _database = null!;
    private CacheHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _host = await CacheHost.StartAsync(_database.ConnectionString, options => options.Coalescing = coalescing);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _host.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public Task Whatever_is_set_comes_back_and_nothing_else() => Gen.Select(HostileText.Any, Value).Array[1, 60].SampleAsync(
        async entries =>
        {
            await _database.ExecuteAsync("TRUNCATE solid_cache_entries");
            var expected = entries.GroupBy(entry => entry.Item1, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Item2, StringComparer.Ordinal);
            await Task.WhenAll(expected.Select(entry => _host.Cache.SetAsync(entry.Key, entry.Value, Forever)));
            var stored = await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries");

            var removed = expected.Keys.Where((_, index) => index % 3 == 0).ToHashSet(StringComparer.Ordinal);
            var read = await Task.WhenAll(expected.Select(async entry => (await _host.Cache.GetAsync(entry.Key)).AsSpan().SequenceEqual(entry.Value)));
            await Task.WhenAll(removed.Select(key => _host.Cache.RemoveAsync(key)));
            var left = await Task.WhenAll(expected.Select(async entry => (await _host.Cache.GetAsync(entry.Key) is not null) != removed.Contains(entry.Key)));

            return stored == expected.Count && read.All(equal => equal) && left.All(right => right);
        },
        iter: 25,
        threads: 1);

    [Test]
    public void The_synchronous_half_does_the_same() => Gen.Select(HostileText.Any, Value).Sample(
        (key, value) =>
        {
            var destination = new ArrayBufferWriter<byte>();
            _host.Cache.Set(key, new ReadOnlySequence<byte>(value), Forever);
            var found = _host.Cache.TryGet(key, destination);
            _host.Cache.Remove(key);
            return found && destination.WrittenSpan.SequenceEqual(value) && _host.Cache.Get(key) is null;
        },
        iter: 100,
        threads: 1);

    [Test]
    public Task A_key_is_one_whole_string_also_where_another_shares_its_first_1000_characters() => Gen.Select(HostileText.Long, HostileText.Short, HostileText.Short).SampleAsync(
        async texts =>
        {
            var (start, one, other) = texts;
            await _host.Cache.RemoveByPrefixAsync(start[..900]);
            await Task.WhenAll(_host.Cache.SetAsync(start + one, [1], Forever), _host.Cache.SetAsync(start + one + other, [2], Forever));
            var expected = (byte)(other.Length == 0 ? 2 : 1);
            var values = await Task.WhenAll(_host.Cache.GetAsync(start + one), _host.Cache.GetAsync(start + one + other));
            return values[0] is [var first] && first == expected && values[1] is [2]
                && await _host.Cache.GetAsync(start + "never set") is null;
        },
        iter: 50,
        threads: 1);
}
