using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
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

    [TestCaseSource(nameof(Wrong))]
    public async Task It_is_made_anew_by_who_can_make_it(byte[] stored)
    {
        await _host.Cache.SetAsync("made", stored, AnHour);
        var (made, reader) = (0, await CacheHost.StartAsync(_database.ConnectionString, static options => options.ReadOnly = true));
        await using (reader)
        {
            Assert.That((await GetOrCreateAsync(reader.Cache)).Name, Is.EqualTo("1"));
            Assert.That(await _host.Cache.GetAsync("made"), Is.EqualTo(stored), "It may write nothing.");
        }

        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => (await GetOrCreateAsync(_host.Cache)).Age));

        Assert.That(all, Has.All.GreaterThan(1));
        // Who found the row locked by another's removal had his value, which was not stored.
        await GetOrCreateAsync(_host.Cache);
        Assert.That((await _host.Cache.GetJsonAsync<Person>("made"))?.Age, Is.EqualTo(made));
        Assert.That(async () => await _host.Cache.GetOrCreateAsync<Person>("none", static _ => throw new JsonException("the factory's own")), Throws.TypeOf<JsonException>().With.Message.EqualTo("the factory's own"));

        ValueTask<Person> GetOrCreateAsync(ISolidCache cache) => cache.GetOrCreateAsync("made", _ => ValueTask.FromResult(new Person($"{++made}", made, [])));
    }

    [Test]
    public async Task What_the_type_refuses_is_made_anew()
    {
        await MadeAnewAsync("{\"age\":-1}", new Choosy { Age = 1 });
        await MadeAnewAsync("{\"age\":-1}", new ChoosyFromTheStart(1));
        await MadeAnewAsync("{\"address\":\"no address\"}", new Site { Address = new("http://localhost") });
        await MadeAnewAsync<Shape>("{\"size\":1}", new Circle(1));
        await MadeAnewAsync<Shape>("{\"$type\":\"square\",\"size\":1}", new Circle(1));
        Assert.That(async () => await MadeAnewAsync<IEquatable<Person>>("{}", new Person("a", 1, [])), Throws.TypeOf<NotSupportedException>(), "What can never be read is an error.");

        async Task MadeAnewAsync<T>(string stored, T value)
        {
            await _host.Cache.SetAsync("refused", Encoding.UTF8.GetBytes(stored), AnHour);
            var made = 0;
            for (var call = 0; call < 2; call++)
            {
                await _host.Cache.GetOrCreateAsync("refused", _ =>
                {
                    made++;
                    return ValueTask.FromResult(value);
                });
            }

            Assert.That(made, Is.EqualTo(1), typeof(T).Name);
        }
    }

    [Test]
    public async Task Callers_of_two_shapes_at_once_each_get_their_own()
    {
        await using var other = await CacheHost.StartAsync(_database.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var cache = (caller % 2 == 0 ? _host : other).Cache;
            for (var call = 0; call < 200; call++)
            {
                _ = caller % 4 < 2
                    ? (await cache.GetOrCreateAsync("versions", static _ => ValueTask.FromResult(new Person("a", 1, [])))).Age
                    : (await cache.GetOrCreateAsync("versions", static _ => ValueTask.FromResult<int[]>([1]))).Length;
            }
        })));
    }

    [Test]
    public async Task Who_cannot_write_makes_it_for_himself()
    {
        await _host.Cache.SetAsync("kept", "[]"u8.ToArray(), AnHour);
        await using var reader = await CacheHost.StartAsync(_database.ConnectionString + ";Options=-c default_transaction_read_only=on");
        Assert.That((await reader.Cache.GetOrCreateAsync("kept", static _ => ValueTask.FromResult(new Person("a", 1, [])))).Name, Is.EqualTo("a"));

        await using var slow = await CacheHost.StartAsync(_database.ConnectionString, static options => options.OperationTimeout = TimeSpan.FromSeconds(1));
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locked = new NpgsqlCommand("SELECT FROM solid_cache_entries WHERE key = 'kept' FOR UPDATE", connection, transaction);
        await locked.ExecuteNonQueryAsync();
        Assert.That((await slow.Cache.GetOrCreateAsync("kept", static _ => ValueTask.FromResult(new Person("a", 1, [])))).Name, Is.EqualTo("a"));
        Assert.That(await _host.Cache.GetAsync("kept"), Is.EqualTo("[]"u8.ToArray()));
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

    private sealed class Choosy
    {
        public int Age
        {
            get;
            set
            {
                ArgumentOutOfRangeException.ThrowIfNegative(value);
                field = value;
            }
        }
    }

    private sealed class ChoosyFromTheStart
    {
        public ChoosyFromTheStart(int age)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(age);
            Age = age;
        }

        public int Age { get; }
    }

    private sealed class Site
    {
        [JsonConverter(typeof(AddressConverter))]
        public Uri? Address { get; set; }
    }

    private sealed class AddressConverter : JsonConverter<Uri>
    {
        public override Uri Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, Uri value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    [JsonDerivedType(typeof(Circle), "circle")]
    private abstract record Shape(int Size);

    private sealed record Circle(int Size) : Shape(Size);
}
