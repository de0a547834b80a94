using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>What is stored and is not what the caller asks for is a <see cref="JsonException"/>, and stays what it was.</summary>
[Category(OneServer.Category)]
public sealed class WrongJson
{
    private static readonly DistributedCacheEntryOptions AnHour = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
    private TestDatabase _database = null!;
    private CacheHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _host = await CacheHost.StartAsync(_database.ConnectionString);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _host.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static IEnumerable<byte[]> Wrong =>
    [
        [], [0], [0xff, 0xfe], [.. "{\"name\":\""u8, 0xc3, 0x28, .. "\",\"age\":1}"u8],
        .. ((string[])["{", "nul", "\"text\"", "17", "[]", "{\"age\":\"old\"}", "{\"age\":99999999999}", "{\"age\":1.5}", "{\"name\":{}}", "{\"tags\":[1]}", "{} {}", "{}trailing"]).Select(Encoding.UTF8.GetBytes),
        Encoding.UTF8.GetBytes("{\"tags\":" + new string('[', 10_000)),
    ];

    [TestCaseSource(nameof(Wrong))]
    public async Task It_is_refused_and_left_alone(byte[] stored)
    {
        await _host.Cache.SetAsync("json", stored, AnHour);

        await Assert.ThatAsync(() => _host.Cache.GetJsonAsync<Person>("json"), Throws.InstanceOf<JsonException>());
        await Assert.ThatAsync(() => _host.Cache.TryGetJsonAsync<Person>("json"), Throws.InstanceOf<JsonException>());
        Assert.That(await _host.Cache.GetAsync("json"), Is.EqualTo(stored));
        Assert.That(await _host.Cache.GetTimeToLiveAsync("json"), Is.GreaterThan(TimeSpan.FromMinutes(59)));
        await _host.Cache.SetJsonAsync("json", new Person("a", 1, []), AnHour);
        Assert.That((await _host.Cache.GetJsonAsync<Person>("json"))?.Name, Is.EqualTo("a"));
    }

    [Test]
    public Task Any_bytes_are_an_object_or_that_exception() => Gen.OneOf(
        Gen.Byte.Array[0, 60],
        Gen.OneOf("{", "}", "\"name\"", "\"age\"", ":", ",", "1", "-", "1e999", "null", "[", "]", "\"\\ud800\"", "\"tags\"", " ").Array[0, 10].Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts))))
        .SampleAsync(
            async bytes =>
            {
                await _host.Cache.SetAsync("random", bytes, AnHour);
                try
                {
                    await _host.Cache.GetJsonAsync<Person>("random");
                }
                catch (JsonException)
                {
                }

                return (await _host.Cache.GetAsync("random")).AsSpan().SequenceEqual(bytes);
            },
            iter: 300,
            threads: 1);

    private sealed record Person(string? Name, int Age, string[]? Tags);
}
