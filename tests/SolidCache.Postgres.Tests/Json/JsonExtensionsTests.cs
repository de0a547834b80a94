using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>Objects as JSON, in a cache of arrays and in one of buffers.</summary>
[TestFixture(typeof(MemoryDistributedCache))]
[TestFixture(typeof(BufferedCache))]
public sealed class JsonExtensionsTests(Type kind)
{
    private static readonly Person Ada = new("Ada Ünï \"Lovelace\" 😀", 36, ["author", "reader"]);
    private readonly IDistributedCache _cache = kind == typeof(BufferedCache)
        ? new BufferedCache()
        : new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));

    [Test]
    public async Task An_object_comes_back_by_reflection()
    {
        await _cache.SetJsonAsync("k", Ada);

        Assert.That(await _cache.GetJsonAsync<Person>("k"), Is.EqualTo(Ada));
        Assert.That(await _cache.TryGetJsonAsync<Person>("k"), Is.EqualTo((true, Ada)));
    }

    [Test]
    public async Task An_object_comes_back_by_generated_code()
    {
        await _cache.SetJsonAsync("k", Ada, PersonContext.Default.Person);

        Assert.That(await _cache.GetJsonAsync("k", PersonContext.Default.Person), Is.EqualTo(Ada));
        Assert.That(await _cache.TryGetJsonAsync("k", PersonContext.Default.Person), Is.EqualTo((true, Ada)));
    }

    [Test]
    public async Task Tuples_come_back_wherever_they_stand()
    {
        var long8 = (1, 2, 3, 4, 5, 6, 7, (8, "i"));
        var nested = new Dictionary<string, (int Number, (string? Name, Person Person) More)?> { ["a"] = (1, ("b", Ada)), ["none"] = null };
        await _cache.SetJsonAsync("k", (1, "a"));
        await _cache.SetJsonAsync("long", long8);
        await _cache.SetJsonAsync("nested", nested);
        await _cache.SetJsonAsync("class", Tuple.Create(1, "a"));

        Assert.That(await _cache.GetJsonAsync<(int, string)>("k"), Is.EqualTo((1, "a")));
        Assert.That(await _cache.GetJsonAsync<(int, int, int, int, int, int, int, (int, string))>("long"), Is.EqualTo(long8));
        Assert.That(await _cache.GetJsonAsync<Dictionary<string, (int Number, (string? Name, Person Person) More)?>>("nested"), Is.EqualTo(nested));
        Assert.That(await _cache.GetJsonAsync<Tuple<int, string>>("class"), Is.EqualTo(Tuple.Create(1, "a")));
        Assert.That(await _cache.GetJsonAsync<Dictionary<string, object>>("k"), Has.Count.EqualTo(2).And.ContainKey("item1").And.ContainKey("item2"));
    }

    [Test]
    public async Task A_large_object_comes_back()
    {
        var crowd = Enumerable.Range(0, 5_000).Select(number => Ada with { Age = number }).ToList();

        await _cache.SetJsonAsync("crowd", crowd);

        Assert.That(await _cache.GetJsonAsync<List<Person>>("crowd"), Is.EqualTo(crowd));
    }

    [Test]
    public async Task A_later_object_replaces_an_earlier_one()
    {
        await _cache.SetJsonAsync("k", Ada);
        await _cache.SetJsonAsync("k", Ada with { Name = "A" });

        Assert.That(await _cache.GetJsonAsync<Person>("k"), Is.EqualTo(Ada with { Name = "A" }));
    }

    [Test]
    public async Task A_stored_null_is_told_from_a_miss()
    {
        await _cache.SetJsonAsync<Person?>("null", null);

        Assert.That(await _cache.GetJsonAsync<Person>("null"), Is.Null);
        Assert.That(await _cache.GetJsonAsync<Person>("missing"), Is.Null);
        Assert.That(await _cache.TryGetJsonAsync<Person>("null"), Is.EqualTo((true, default(Person))));
        Assert.That(await _cache.TryGetJsonAsync<Person>("missing"), Is.EqualTo((false, default(Person))));
    }

    [Test]
    public async Task A_stored_default_is_told_from_a_miss()
    {
        await _cache.SetJsonAsync("zero", 0);

        Assert.That(await _cache.TryGetJsonAsync<int>("zero"), Is.EqualTo((true, 0)));
        Assert.That(await _cache.TryGetJsonAsync<int>("missing"), Is.EqualTo((false, 0)));
        Assert.That(await _cache.TryGetJsonAsync("missing", PersonContext.Default.NullableInt32), Is.EqualTo((false, default(int?))));
    }

    [TestCase("[1, 2]")]
    [TestCase("\"text\"")]
    [TestCase("{ \"name\": 5 }")]
    [TestCase("{ \"name\": \"Ada\"")]
    [TestCase("not JSON")]
    [TestCase("")]
    public async Task What_is_not_the_type_or_not_JSON_is_an_error(string stored)
    {
        await StoreAsync("k", Encoding.UTF8.GetBytes(stored));

        Assert.That(() => _cache.GetJsonAsync<Person>("k"), Throws.InstanceOf<JsonException>());
        Assert.That(() => _cache.TryGetJsonAsync("k", PersonContext.Default.Person), Throws.InstanceOf<JsonException>());
    }

    [Test]
    public async Task By_default_it_is_written_as_the_web_does()
    {
        await StoreAsync("k", "{\"NAME\":\"Ada\",\"age\":\"36\",\"roles\":[]}"u8.ToArray());

        Assert.That(await _cache.GetJsonAsync<Person>("k"), Is.EqualTo(new Person("Ada", 36, [])));
    }

    [Test]
    public async Task Other_serializer_options_are_used_when_given()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseUpper, TypeInfoResolver = JsonSerializerOptions.Default.TypeInfoResolver };
        options.MakeReadOnly();
        await _cache.SetJsonAsync("k", Ada, serializerOptions: options);

        Assert.That(await _cache.GetJsonAsync<Dictionary<string, JsonElement>>("k"), Does.ContainKey("NAME"));
        Assert.That(await _cache.GetJsonAsync<Person>("k", options), Is.EqualTo(Ada));
    }

    [Test]
    public async Task Serializer_options_that_nobody_used_yet_will_do()
    {
        var options = new JsonSerializerOptions { WriteIndented = true };

        await _cache.SetJsonAsync("k", Ada, serializerOptions: options);

        Assert.That(await _cache.GetJsonAsync<Person>("k", options), Is.EqualTo(Ada));
    }

    [Test]
    public void Nulls_are_refused()
    {
        var none = (IDistributedCache)null!;

        Assert.That(() => none.SetJsonAsync("k", 1), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("cache"));
        Assert.That(() => none.GetJsonAsync<int>("k"), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("cache"));
        Assert.That(() => none.TryGetJsonAsync<int>("k"), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("cache"));
        Assert.That(() => _cache.SetJsonAsync(null!, 1), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("key"));
        Assert.That(() => _cache.GetJsonAsync<int>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("key"));
        Assert.That(() => _cache.TryGetJsonAsync<int>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("key"));
    }

    private async Task StoreAsync(string key, byte[] value)
    {
        if (_cache is IBufferDistributedCache buffered)
        {
            await buffered.SetAsync(key, new System.Buffers.ReadOnlySequence<byte>(value), new DistributedCacheEntryOptions());
        }
        else
        {
            await _cache.SetAsync(key, value, new DistributedCacheEntryOptions());
        }
    }
}
