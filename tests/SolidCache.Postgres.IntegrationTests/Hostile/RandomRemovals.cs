using System.Text;
using CsCheck;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Removals by pattern and by prefix, held against a matcher of a few lines: they remove what matches, all of it and nothing else.</summary>
[TestFixture(null)]
[TestFixture("a%_\\")]
[Category(OneServer.Category)]
public sealed class RandomRemovals(string? keyPrefix)
{
    private static readonly Gen<string> Letter = Gen.OneOf("a", "a", "b", "%", "_", "\\", "'", "😀", "\u00e9");
    private static readonly Gen<string> Key = Letter.Array[0, 5].Select(string.Concat);
    private static readonly Gen<string> Token = Gen.OneOf("a", "a", "b", "%", "%", "_", "_", @"\%", @"\_", @"\\", @"\a", "'", "😀", "\u00e9", @"\😀");
    private static readonly Gen<string> Pattern = Token.Array[0, 5].Select(string.Concat);
    private TestDatabase _database = null!;
    private CacheHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _host = await CacheHost.StartAsync(_database.ConnectionString, options => options.KeyPrefix = keyPrefix);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _host.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public Task A_pattern_removes_what_matches_it() => RemovesAsync(Pattern, (cache, pattern) => cache.RemoveByPatternAsync(pattern), Matches);

    [Test]
    public Task A_prefix_removes_what_starts_with_it() =>
        RemovesAsync(Key, (cache, prefix) => cache.RemoveByPrefixAsync(prefix), (key, prefix) => key.StartsWith(prefix, StringComparison.Ordinal));

    private static bool Matches(string key, string pattern)
    {
        return At([.. key.EnumerateRunes()], [.. pattern.EnumerateRunes()]);

        static bool At(ReadOnlySpan<Rune> text, ReadOnlySpan<Rune> rest) => rest switch
        {
            [] => text.IsEmpty,
            [{ Value: '%' }, .. var after] => At(text, after) || (!text.IsEmpty && At(text[1..], rest)),
            [{ Value: '_' }, .. var after] => !text.IsEmpty && At(text[1..], after),
            [{ Value: '\\' }, var literal, .. var after] => !text.IsEmpty && text[0] == literal && At(text[1..], after),
            [var literal, .. var after] => !text.IsEmpty && text[0] == literal && At(text[1..], after),
        };
    }

    private Task RemovesAsync(Gen<string> queries, Func<ISolidCache, string, Task<long>> remove, Func<string, string, bool> matches) =>
        Gen.Select(Key.Array[1, 60], queries).SampleAsync(
            async sample =>
            {
                var (drawn, query) = sample;
                var keys = drawn.Distinct(StringComparer.Ordinal).ToArray();
                var lead = keyPrefix is null ? "" : keyPrefix + "^";
                await InsertAsync([.. keys.Select(key => lead + key), .. keys.Select(key => "a^" + key)]);

                var removed = await remove(_host.Cache, query);

                var left = await LeftAsync();
                return removed == keys.Count(key => matches(key, query))
                    && left.SetEquals([.. keys.Where(key => !matches(key, query)).Select(key => lead + key), .. keys.Select(key => "a^" + key)]);
            },
            iter: 150,
            threads: 1);

    private async Task InsertAsync(string[] stored)
    {
        await _database.ExecuteAsync("DELETE FROM solid_cache_entries");
        await using var command = _database.Source.CreateCommand("INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', unnest($1), ''");
        command.Parameters.Add(new NpgsqlParameter { Value = stored });
        await command.ExecuteNonQueryAsync();
    }

    private async Task<HashSet<string>> LeftAsync() =>
        new(await _database.ScalarAsync<string[]>("SELECT coalesce(array_agg(key), '{}') FROM solid_cache_entries"), StringComparer.Ordinal);
}
