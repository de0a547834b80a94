using System.Buffers;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>What values come back as, who writes them, and who shares them.</summary>
public sealed class HybridValues(WhoseHybridCache whose) : HybridFixture(whose)
{
    private static readonly JsonSerializerOptions WithFields = new() { IncludeFields = true };

    [Test]
    public async Task Values_come_back_as_they_were_from_memory_and_from_the_table()
    {
        await RoundTripAsync("text €");
        await RoundTripAsync("");
        await RoundTripAsync<byte[]>([1, 0, 255]);
        await RoundTripAsync<byte[]>([]);
        await RoundTripAsync(42);
        await RoundTripAsync<int?>(null);
        await RoundTripAsync(new Point(1, 2));
        await RoundTripAsync(new Person("Ann", ["a", "b"]));
        await RoundTripAsync<Person?>(null);
        await RoundTripAsync(Guid.NewGuid());
        await RoundTripAsync(DayOfWeek.Friday);
        await RoundTripAsync((List<int>)[1, 2, 3]);
        await RoundTripAsync(new Dictionary<string, int> { ["one"] = 1 });
        await RoundTripAsync((1, "two"));
        await RoundTripAsync((1, 2));
        await RoundTripAsync<(int Number, string Name)[]>([(1, "one")]);
        await RoundTripAsync(new Fields { Number = 3 });
    }

    [Test]
    public async Task A_null_string_is_returned()
    {
        var key = NewKey();
        // Microsoft's caches none either: it cannot write one.
        Assert.That(await Cache.GetOrCreateAsync<string?>(key, static _ => ValueTask.FromResult<string?>(null)), Is.Null);
        Assert.That(await Cache.GetOrCreateAsync<byte[]?>(NewKey(), static _ => ValueTask.FromResult<byte[]?>(null)), IsOurs ? Is.Null : Is.Empty, "Microsoft's makes an empty one of it.");
    }

    [Test]
    public async Task Null_is_cached_where_json_writes_it()
    {
        var made = 0;
        for (var call = 0; call < 3; call++)
        {
            Assert.That(await Cache.GetOrCreateAsync<Person?>("null record", _ => ValueTask.FromResult<Person?>(made++ == 0 ? null : new("Ann", []))), Is.Null);
        }
    }

    [Test]
    public async Task What_nobody_can_change_is_shared()
    {
        Assert.That(await IsSharedAsync(static () => new string('s', 10)), Is.True);
        Assert.That(await IsSharedAsync(static () => new Shareable { Name = "i" }), Is.True);
        Assert.That(await IsSharedAsync(static () => new Open { Name = "o" }), Is.False, "It is not sealed.");
        Assert.That(await IsSharedAsync(static () => new Person("Ann", ["a"])), Is.False);
        Assert.That(await IsSharedAsync(static () => new byte[] { 1 }), Is.False);
        Assert.That(await IsSharedAsync(static () => new List<int> { 1 }), Is.False);
    }

    [Test]
    public async Task Who_changes_his_object_changes_nobody_elses()
    {
        var key = NewKey();
        var mine = await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult((List<int>)[1]));
        mine.Add(2);
        await Cache.SetAsync(key + "set", mine);
        mine.Add(3);

        Assert.That(await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult<List<int>>([])), Is.EqualTo<List<int>>([1]));
        Assert.That(await Cache.GetOrCreateAsync(key + "set", static _ => ValueTask.FromResult<List<int>>([])), Is.EqualTo<List<int>>([1, 2]));
    }

    [Test]
    public async Task Serializers_are_taken_from_the_services_the_last_factory_first()
    {
        var node = await StartNodeAsync(services: static services =>
        {
            services.AddSingleton<IHybridCacheSerializer<Person>>(new Marking<Person>("own", static (name) => new(name, [])));
            services.AddSingleton<IHybridCacheSerializerFactory>(new Factory("first"));
            services.AddSingleton<IHybridCacheSerializerFactory>(new Factory("last"));
        });

        Assert.That(await StoredAsAsync(node, new Person("Ann", [])), Does.Contain("own:Person"));
        Assert.That(await StoredAsAsync(node, new Shareable { Name = "i" }), Does.Contain("last:Shareable"));
        Assert.That(await StoredAsAsync(node, "text"), Does.Contain("text"), "Strings are as they are, whatever factories there are.");
        Assert.That(await StoredAsAsync(node, 5), Does.Contain("5"), "No factory takes it.");
    }

    [Test]
    public async Task Json_has_the_options_that_are_registered_for_all_or_for_one_type()
    {
        var node = await StartNodeAsync(services: static services =>
        {
            services.AddKeyedSingleton<JsonSerializerOptions>(typeof(IHybridCacheSerializer<>), new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });
            services.AddKeyedSingleton<JsonSerializerOptions>(typeof(IHybridCacheSerializer<Point>), new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseUpper });
        });

        Assert.That(await StoredAsAsync(node, new Shareable { Name = "i" }), Does.Contain("""{"name":"i"}"""));
        Assert.That(await StoredAsAsync(node, new Point(1, 2)), Does.Contain("""{"X_AXIS":1,"Y_AXIS":2}"""));
    }

    [Test]
    public async Task What_a_serializer_throws_reaches_the_caller_who_has_made_a_value()
    {
        var node = await StartNodeAsync(services: static services => services.AddSingleton<IHybridCacheSerializer<Person>>(new Throwing()));
        var key = NewKey();
        Assert.That(async () => await Of(node).GetOrCreateAsync(key, static _ => ValueTask.FromResult(new Person("Ann", []))), Throws.InstanceOf<NotSupportedException>());
        Assert.That(await node.Cache.ExistsAsync(key), Is.False);
        // The next does not wait for the lease of the one before.
        Assert.That(await Of(node).GetOrCreateAsync(key, static _ => ValueTask.FromResult("text")), Is.EqualTo("text"));
    }

    [Test]
    public async Task What_cannot_be_read_is_an_error_with_microsofts_and_is_made_anew_with_ours()
    {
        var key = NewKey();
        await Cache.SetAsync(key, "no json");
        await StoredAsync(key);
        if (IsOurs)
        {
            Assert.That(await OtherCache.GetOrCreateAsync(key, static _ => ValueTask.FromResult(7)), Is.EqualTo(7));
            Assert.That(await OtherCache.GetOrCreateAsync(key, static _ => ValueTask.FromResult(8)), Is.EqualTo(7));
            Assert.That(await OtherCache.GetOrCreateAsync(key, static _ => ValueTask.FromResult<Guid?>(Guid.Empty), new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData }), Is.Null, "Nothing is made for who wants that not.");
        }
        else
        {
            Assert.That(async () => await OtherCache.GetOrCreateAsync(key, static _ => ValueTask.FromResult(7)), Throws.InstanceOf<JsonException>());
        }
    }

    [Test]
    public async Task Too_large_a_value_is_returned_and_not_stored()
    {
        var node = await StartNodeAsync(static options => options.MaximumPayloadBytes = 100);
        var (key, small, set) = (NewKey(), NewKey(), NewKey());
        Assert.That((await MadeAsync(key, 101)).Length, Is.EqualTo(101));
        Assert.That((await MadeAsync(small, 90)).Length, Is.EqualTo(90));
        await StoredAsync(small);
        await Of(node).SetAsync(set, new byte[101]);

        Assert.That((await node.Cache.ExistsAsync(key), await node.Cache.ExistsAsync(set)), Is.EqualTo((false, false)));

        async Task<byte[]> MadeAsync(string key, int length) => await Of(node).GetOrCreateAsync(key, _ => ValueTask.FromResult(new byte[length]));
    }

    private async Task RoundTripAsync<T>(T value)
    {
        var key = NewKey();
        Assert.That(await Cache.GetOrCreateAsync(key, _ => ValueTask.FromResult(value)), As(value), $"{typeof(T)} as made");
        Assert.That(await Cache.GetOrCreateAsync(key, Unwanted), As(value), $"{typeof(T)} from memory");
        await StoredAsync(key);
        Assert.That(await OtherCache.GetOrCreateAsync(key, Unwanted), As(value), $"{typeof(T)} from the table");
        Assert.That(await OtherCache.GetOrCreateAsync(key, Unwanted), As(value), $"{typeof(T)} from the other's memory");

        static ValueTask<T> Unwanted(CancellationToken token) => throw new AssertionException($"{typeof(T)} is made again");
    }

    private static NUnit.Framework.Constraints.EqualConstraint As<T>(T value) => Is.EqualTo(value).Using<T>(static (one, other) => Json(one) == Json(other));

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, WithFields);

    private async Task<bool> IsSharedAsync<T>(Func<T> make)
        where T : class
    {
        var key = NewKey();
        await Cache.GetOrCreateAsync(key, _ => ValueTask.FromResult(make()));
        await StoredAsync(key);
        var first = await OtherCache.GetOrCreateAsync(key, _ => ValueTask.FromResult(make()));
        return ReferenceEquals(first, await OtherCache.GetOrCreateAsync(key, _ => ValueTask.FromResult(make())));
    }

    private async Task<string> StoredAsAsync<T>(Infrastructure.CacheHost node, T value)
    {
        var key = NewKey();
        await Of(node).GetOrCreateAsync(key, _ => ValueTask.FromResult(value));
        await StoredAsync(key);
        return Encoding.UTF8.GetString((await node.Cache.GetAsync(key))!).TrimEnd('\0');
    }

    public record struct Point(int XAxis, int YAxis);

    public sealed record Person(string Name, IReadOnlyList<string> Tags);

    public sealed class Fields
    {
        [SuppressMessage("Design", "CA1051", Justification = "Such types are what is tested.")]
        public int Number;
    }

    [ImmutableObject(true)]
    public sealed class Shareable
    {
        public string? Name { get; init; }
    }

    [ImmutableObject(true)]
    public class Open
    {
        public string? Name { get; init; }
    }

    private sealed class Marking<T>(string name, Func<string, T> make) : IHybridCacheSerializer<T>
    {
        public T Deserialize(ReadOnlySequence<byte> source) => make(Encoding.UTF8.GetString(source));

        public void Serialize(T value, IBufferWriter<byte> target) => Encoding.UTF8.GetBytes($"{name}:{typeof(T).Name}", target);
    }

    private sealed class Factory(string name) : IHybridCacheSerializerFactory
    {
        public bool TryCreateSerializer<T>([NotNullWhen(true)] out IHybridCacheSerializer<T>? serializer)
        {
            serializer = typeof(T).IsPrimitive ? null : new Marking<T>(name, static _ => default!);
            return serializer is not null;
        }
    }

    private sealed class Throwing : IHybridCacheSerializer<Person>
    {
        public Person Deserialize(ReadOnlySequence<byte> source) => throw new NotSupportedException();

        public void Serialize(Person value, IBufferWriter<byte> target) => throw new NotSupportedException();
    }
}
