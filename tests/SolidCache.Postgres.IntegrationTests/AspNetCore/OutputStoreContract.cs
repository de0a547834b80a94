using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.OutputCaching;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.AspNetCore;

/// <summary>What output caching may expect of a store. Held against ASP.NET Core's own for Redis too.</summary>
public abstract class OutputStoreContract
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Tags that somebody would write, and that SQL, arrays, patterns and Redis might misread.</summary>
    private static readonly string[] OddTags =
    [
        "products", "Products", " products ", "", ",", "{}", "\"", "\\", "'; DROP TABLE users; --", "%", "_", "a^b", "NULL", "null", "таг", "🐘", "a\nb", "\u001e\u001f", "*", "products:1",
        new('x', 5_000),
    ];

    protected abstract IOutputCacheBufferStore Store { get; }

    /// <summary>Another node's.</summary>
    protected abstract IOutputCacheBufferStore OtherStore { get; }

    protected static string NewName() => $"{Guid.NewGuid():N}";

    [Test]
    public async Task A_miss_is_null()
    {
        Assert.That(await Store.GetAsync(NewName(), default), Is.Null);
        Assert.That(await TryGetAsync(NewName()), Is.Null);
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5 * 1024 * 1024)]
    public async Task What_was_stored_is_read_by_another_node(int bytes)
    {
        var (array, sequence) = (NewName(), NewName());
        var value = RandomNumberGenerator.GetBytes(bytes);

        await Store.SetAsync(array, value, tags: null, Hour, default);
        await Store.SetAsync(sequence, new ReadOnlySequence<byte>(value), tags: default, Hour, default);

        Assert.That((await OtherStore.GetAsync(array, default)).AsSpan().SequenceEqual(value));
        Assert.That((await OtherStore.GetAsync(sequence, default)).AsSpan().SequenceEqual(value));
        Assert.That(await OtherStore.GetAsync(sequence, default), Is.Not.Null);
        Assert.That((await TryGetAsync(sequence)).AsSpan().SequenceEqual(value));
    }

    [Test]
    public async Task A_sequence_of_segments_is_one_value()
    {
        var key = NewName();
        var value = RandomNumberGenerator.GetBytes(10_000);

        await Store.SetAsync(key, Segmented.Of(value, 1_000), tags: default, Hour, default);

        Assert.That(await Store.GetAsync(key, default), Is.EqualTo(value));
    }

    [Test]
    public async Task Value_and_tags_belong_to_the_caller_again_once_the_call_has_ended()
    {
        var (key, tag) = (NewName(), NewName());
        byte[] value = [1, 2, 3];
        string[] tags = [tag];

        await Store.SetAsync(key, new ReadOnlySequence<byte>(value), tags, Hour, default);
        (value[0], tags[0]) = (9, "other");

        Assert.That(await Store.GetAsync(key, default), Is.EqualTo(new byte[] { 1, 2, 3 }));
        await Store.EvictByTagAsync(tag, default);
        Assert.That(await Store.GetAsync(key, default), Is.Null);
    }

    [Test]
    public async Task The_last_one_stored_counts_with_its_tags([Values] bool isArray)
    {
        var (key, former, latter) = (NewName(), NewName(), NewName());

        await SetAsync(isArray, key, [1], [former]);
        await SetAsync(isArray, key, [2], [latter]);
        Assert.That(await Store.GetAsync(key, default), Is.EqualTo(new byte[] { 2 }));

        await EvictByOtherNodeAsync(latter);
        Assert.That(await Store.GetAsync(key, default), Is.Null);
    }

    [Test]
    public async Task Every_entry_of_a_tag_is_evicted_and_no_other([Values] bool isArray)
    {
        var (tag, other) = (NewName(), NewName());
        var tagged = Enumerable.Range(0, 20).Select(_ => NewName()).ToList();
        var untagged = Enumerable.Range(0, 20).Select(_ => NewName()).ToList();
        foreach (var (one, two) in tagged.Zip(untagged))
        {
            await SetAsync(isArray, one, [1], [other + one, tag]);
            await SetAsync(isArray, two, [1], untagged.IndexOf(two) % 2 == 0 ? [other] : null);
        }

        await EvictByOtherNodeAsync(tag);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await FoundAsync(tagged), Is.Empty);
            Assert.That(await FoundAsync(untagged), Is.EquivalentTo(untagged));
        }
    }

    [Test]
    public async Task An_evicted_entry_can_be_stored_again()
    {
        var (key, tag) = (NewName(), NewName());
        await SetAsync(isArray: false, key, [1], [tag]);
        await Store.EvictByTagAsync(tag, default);

        await SetAsync(isArray: false, key, [2], [tag]);

        Assert.That(await Store.GetAsync(key, default), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public void A_tag_without_entries_is_evicted_as_well() =>
        Assert.That(async () => await Store.EvictByTagAsync(NewName(), default), Throws.Nothing);

    [Test]
    public async Task Tags_of_any_characters_are_told_apart([Values] bool isArray)
    {
        var lead = NewName();
        foreach (var tag in OddTags)
        {
            await SetAsync(isArray, lead + tag, [1], [lead + tag]);
        }

        for (var evicted = 0; evicted < OddTags.Length; evicted++)
        {
            await Store.EvictByTagAsync(lead + OddTags[evicted], default);
            Assert.That(await FoundAsync(OddTags.Select(tag => lead + tag)), Is.EquivalentTo(OddTags[(evicted + 1)..].Select(tag => lead + tag)));
        }
    }

    [Test]
    public async Task Long_keys_that_end_differently_are_different()
    {
        var lead = NewName() + new string('k', 100_000);
        await SetAsync(isArray: false, lead + "1", [1], null);
        await SetAsync(isArray: false, lead + "2", [2], null);

        Assert.That(await Store.GetAsync(lead + "1", default), Is.EqualTo(new byte[] { 1 }));
        Assert.That(await Store.GetAsync(lead + "2", default), Is.EqualTo(new byte[] { 2 }));
        Assert.That(await Store.GetAsync(lead, default), Is.Null);
    }

    [Test]
    public async Task An_entry_is_valid_for_so_long_and_reads_do_not_prolong_it()
    {
        var (brief, other) = (NewName(), NewName());
        await Store.SetAsync(brief, [1], null, TimeSpan.FromSeconds(1), default);
        await Store.SetAsync(other, [1], null, Hour, default);
        Assert.That(await Store.GetAsync(brief, default), Is.Not.Null);

        await Eventually.TrueAsync(async () => await Store.GetAsync(brief, default) is null, "what is read all the time expires");
        Assert.That(await Store.GetAsync(other, default), Is.Not.Null);
    }

    [Test]
    public void A_null_is_refused_by_its_name()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(async () => await Store.GetAsync(null!, default), Refused("key"));
            Assert.That(async () => await Store.TryGetAsync(null!, new Pipe().Writer, default), Refused("key"));
            Assert.That(async () => await Store.TryGetAsync("key", null!, default), Refused("destination"));
            Assert.That(async () => await Store.SetAsync("key", null!, null, Hour, default), Refused("value"));
        }
    }

    /// <summary>Ends when all nodes miss what had the tag.</summary>
    protected virtual ValueTask EvictByOtherNodeAsync(string tag) => OtherStore.EvictByTagAsync(tag, default);

    protected static NUnit.Framework.Constraints.IResolveConstraint Refused(string parameter) => Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter);

    protected async Task SetAsync(bool isArray, string key, byte[] value, string[]? tags)
    {
        if (isArray)
        {
            await Store.SetAsync(key, value, tags, Hour, default);
        }
        else
        {
            await Store.SetAsync(key, new ReadOnlySequence<byte>(value), tags, Hour, default);
        }
    }

    protected async Task<IReadOnlyList<string>> FoundAsync(IEnumerable<string> keys)
    {
        var found = new List<string>();
        foreach (var key in keys)
        {
            if (await Store.GetAsync(key, default) is not null)
            {
                found.Add(key);
            }
        }

        return found;
    }

    private async Task<byte[]?> TryGetAsync(string key)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        if (!await OtherStore.TryGetAsync(key, pipe.Writer, default))
        {
            return null;
        }

        await pipe.Writer.CompleteAsync();
        using var value = new MemoryStream();
        await pipe.Reader.CopyToAsync(value);
        return value.ToArray();
    }
}
