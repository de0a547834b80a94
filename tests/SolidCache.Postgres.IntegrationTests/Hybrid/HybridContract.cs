using Microsoft.Extensions.Caching.Hybrid;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using static Microsoft.Extensions.Caching.Hybrid.HybridCacheEntryFlags;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>Flags, expirations, keys, tags, sets and removals. Where ours differs on purpose, the test says so.</summary>
public sealed class HybridContract(WhoseHybridCache whose) : HybridFixture(whose)
{
    /// <summary>Of a key that is in memory, then of one that is in the table, then of one that is nowhere: whether the factory runs, and whether it then stands in memory, and in the table.</summary>
    [TestCase(None, "found found made+memory+table")]
    [TestCase(DisableLocalCacheRead, "found found made+memory+table")]
    [TestCase(DisableLocalCacheWrite, "found found made+table")]
    [TestCase(DisableLocalCache, "found found made+table")]
    [TestCase(DisableDistributedCacheRead, "found made made+memory+table")]
    [TestCase(DisableDistributedCacheWrite, "found found made+memory")]
    [TestCase(DisableDistributedCache, "found made made+memory")]
    [TestCase(DisableUnderlyingData, "found found none")]
    [TestCase(DisableLocalCacheRead | DisableDistributedCacheRead, "made made made+memory+table")]
    [TestCase(DisableLocalCacheWrite | DisableDistributedCacheWrite, "found found made")]
    [TestCase(DisableLocalCache | DisableDistributedCache, "made made made")]
    [TestCase(DisableCompression, "found found made+memory+table")]
    [Retry(3)] // What is told at that moment may leave memory out, now and then.
    public async Task Each_flag_does_what_its_name_says(HybridCacheEntryFlags flags, string expected)
    {
        var (inMemory, inTable, nowhere) = (NewKey(), NewKey(), NewKey());
        await Cache.SetAsync(inMemory, "found");
        await StoredAsync(inMemory);
        // A change of one's own is told, too, and then read again.
        await Cache.GetOrCreateAsync(inMemory, static _ => ValueTask.FromResult("found"));
        await OtherCache.SetAsync(inTable, "found");
        await StoredAsync(inTable);

        var first = await MadeOrFoundAsync(inMemory);
        var second = await MadeOrFoundAsync(inTable);
        var third = await MadeOrFoundAsync(nowhere);
        if (third == "made")
        {
            third += await Cache.GetOrCreateAsync(nowhere, static _ => ValueTask.FromResult(""), With(DisableDistributedCache | DisableLocalCacheWrite)) == "made" ? "+memory" : "";
            if (expected.Contains("table", StringComparison.Ordinal))
            {
                await StoredAsync(nowhere);
            }

            third += await Node.Cache.ExistsAsync(nowhere) ? "+table" : "";
        }

        Assert.That($"{first} {second} {third}", Is.EqualTo(expected));

        async Task<string> MadeOrFoundAsync(string key) => await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("made"), With(flags)) ?? "none";
    }

    [Test]
    public async Task Set_leaves_out_what_its_flags_say()
    {
        var (memory, table) = (NewKey(), NewKey());
        await Cache.SetAsync(memory, "set", With(DisableDistributedCacheWrite));
        await Cache.SetAsync(table, "set", With(DisableLocalCacheWrite));

        var both = NewKey();
        await Cache.SetAsync(both, "set");

        Assert.That(await FromMemoryAsync(Cache, both), Is.EqualTo("set"));
        Assert.That(await Node.Cache.ExistsAsync(both), Is.True);
        Assert.That(await Node.Cache.ExistsAsync(memory), Is.False);
        Assert.That(await GetAsync(Cache, memory, "made"), Is.EqualTo("set"));
        Assert.That(await Cache.GetOrCreateAsync(table, static _ => ValueTask.FromResult("made"), With(DisableDistributedCache)), Is.EqualTo("made"));
    }

    [Test]
    public async Task Set_does_nothing_where_its_flags_leave_out_where_values_come_from()
    {
        var (key, other) = (NewKey(), NewKey());
        await Cache.SetAsync(key, "old");
        await StoredAsync(key);

        await Cache.SetAsync(key, "new", With(DisableUnderlyingData));
        await Cache.SetAsync(other, "new", With(DisableUnderlyingData));

        Assert.That((await GetAsync(Cache, key, "made"), await GetAsync(OtherCache, key, "made")), Is.EqualTo(("old", "old")));
        Assert.That(await GetAsync(Cache, other, "made"), Is.EqualTo("made"));
    }

    [Test]
    public async Task What_replaces_a_value_without_a_look_at_it_is_what_memory_and_table_hold()
    {
        var key = NewKey();
        await Cache.SetAsync(key, "old");
        await StoredAsync(key);
        Assert.That(await GetAsync(OtherCache, key, "made"), Is.EqualTo("old"));

        Assert.That(await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("new"), With(DisableLocalCacheRead | DisableDistributedCacheRead)), Is.EqualTo("new"));

        Assert.That(await FromMemoryAsync(Cache, key), Is.EqualTo("new").Or.EqualTo(IsOurs ? null : "new"), "Ours may have been told by now.");
        await Eventually.TrueAsync(async () => await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("made"), With(DisableLocalCache)) == "new", "the table holds it");
    }

    [Test]
    public async Task Defaults_are_those_of_the_options_and_calls_have_their_own()
    {
        var node = await StartNodeAsync(static options => options.DefaultEntryOptions = new() { Flags = DisableLocalCache, Expiration = TimeSpan.FromHours(1) });
        var (byDefault, own) = (NewKey(), NewKey());
        await Of(node).SetAsync(byDefault, "value");
        await Of(node).SetAsync(own, "value", new() { Flags = None, Expiration = TimeSpan.FromMinutes(2) });
        await StoredAsync(byDefault);
        await StoredAsync(own);

        Assert.That(await node.Cache.GetTimeToLiveAsync(byDefault), Is.InRange(TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60)));
        Assert.That(await node.Cache.GetTimeToLiveAsync(own), Is.InRange(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)));
        Assert.That(await Of(node).GetOrCreateAsync(byDefault, static _ => ValueTask.FromResult("made"), With(DisableDistributedCache)), Is.EqualTo("made"), "Not in memory.");
    }

    [Test]
    public async Task An_entry_lives_for_five_minutes_unless_told_otherwise()
    {
        var key = NewKey();
        await GetAsync(Cache, key, "value");
        await StoredAsync(key);

        Assert.That(await Node.Cache.GetTimeToLiveAsync(key), Is.InRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5)));
    }

    [Test]
    public async Task Memory_forgets_after_its_own_expiration_and_the_table_does_not()
    {
        var key = NewKey();
        var options = new HybridCacheEntryOptions { Expiration = TimeSpan.FromMinutes(1), LocalCacheExpiration = TimeSpan.FromMilliseconds(100) };
        await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("made"), options);
        await StoredAsync(key);

        await Eventually.TrueAsync(async () => await FromMemoryAsync(Cache, key) is null, "memory forgets");
        Assert.That(await GetAsync(Cache, key, "again"), Is.EqualTo("made"));
    }

    [Test]
    public async Task An_expiration_of_a_call_is_memorys_too_with_microsofts_and_with_ours_if_the_options_give_memory_none()
    {
        var node = await StartNodeAsync(static options => options.DefaultEntryOptions = new() { LocalCacheExpiration = TimeSpan.FromMilliseconds(50) });
        var key = NewKey();
        await Of(node).SetAsync(key, "set", new() { Expiration = TimeSpan.FromMinutes(1) });
        await Task.Delay(100);

        Assert.That(await FromMemoryAsync(Of(node), key), IsOurs ? Is.Null : Is.EqualTo("set"));
    }

    [Test]
    public async Task Memory_keeps_nothing_longer_than_the_entry_lives_also_on_another_node()
    {
        var key = NewKey();
        var life = new HybridCacheEntryOptions { Expiration = TimeSpan.FromSeconds(2), LocalCacheExpiration = TimeSpan.FromMinutes(5) };
        await Cache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("made"), life);
        await StoredAsync(key);
        Assert.That(await OtherCache.GetOrCreateAsync(key, static _ => ValueTask.FromResult("again"), new() { LocalCacheExpiration = TimeSpan.FromMinutes(5) }), Is.EqualTo("made"));

        await Eventually.TrueAsync(async () => !await Node.Cache.ExistsAsync(key), "the entry expires");
        // Microsoft's other node has its own clock and counts milliseconds.
        await Task.Delay(50);
        Assert.That((await FromMemoryAsync(Cache, key), await FromMemoryAsync(OtherCache, key)), Is.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public async Task Removal_takes_an_entry_out_of_memory_and_table()
    {
        var keys = Enumerable.Range(0, 3).Select(static _ => NewKey()).ToArray();
        foreach (var key in keys)
        {
            await Cache.SetAsync(key, "old");
        }

        await Cache.RemoveAsync(keys[0]);
        await Cache.RemoveAsync([keys[1], keys[2]]);
        await Cache.RemoveAsync(NewKey());

        foreach (var key in keys)
        {
            Assert.That(await GetAsync(Cache, key, "new"), Is.EqualTo("new"));
        }
    }

    [Test]
    public async Task Removal_of_no_keys_and_no_tags_does_nothing_and_a_key_that_is_null_is_refused()
    {
        await Cache.RemoveAsync((IEnumerable<string>)null!);
        await Cache.RemoveByTagAsync((IEnumerable<string>)null!);
        await Cache.RemoveByTagAsync((string)null!);

        Assert.That(async () => await Cache.RemoveAsync((string)null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("key"));
        Assert.That(async () => await Cache.RemoveAsync([NewKey(), null!]), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("key"));
    }

    [Test]
    public async Task Removal_by_tags_takes_all_that_have_one_of_them()
    {
        var (tag, other, unknown) = (NewKey(), NewKey(), NewKey());
        var (one, both, neither) = (NewKey(), NewKey(), NewKey());
        await Cache.SetAsync(one, "old", tags: [tag]);
        await Cache.SetAsync(both, "old", tags: [tag, other]);
        await Cache.SetAsync(neither, "old", tags: [NewKey()]);

        await Cache.RemoveByTagAsync(unknown);
        await Cache.RemoveByTagAsync([]);
        await Cache.RemoveByTagAsync("");
        await Cache.RemoveByTagAsync([unknown, null!, " "]);
        // With the tags of each: what theirs reads from the table has those of who reads it, and no others from then on.
        Assert.That((await GetAsync(Cache, one, "new", tag), await GetAsync(Cache, both, "new", tag, other)), Is.EqualTo(("old", "old")));
        await Cache.RemoveByTagAsync([other, unknown]);
        Assert.That((await GetAsync(Cache, one, "new", tag), await GetAsync(Cache, both, "new", tag)), Is.EqualTo(("old", "new")));
        await Cache.RemoveByTagAsync(tag);
        Assert.That((await GetAsync(Cache, one, "newer"), await GetAsync(Cache, both, "newer"), await GetAsync(Cache, neither, "newer")), Is.EqualTo(("newer", "newer", "old")));
    }

    [Test]
    public async Task The_tag_of_all_removes_entries_with_and_without_tags()
    {
        var (tagged, plain) = (NewKey(), NewKey());
        await Cache.SetAsync(tagged, "old", tags: ["tag"]);
        await Cache.SetAsync(plain, "old");

        await Cache.RemoveByTagAsync("*");

        Assert.That((await GetAsync(Cache, tagged, "new"), await GetAsync(Cache, plain, "new")), Is.EqualTo(("new", "new")));
    }

    [Test]
    public async Task Removals_by_tag_reach_other_nodes_memory_with_ours_only()
    {
        var (key, tag) = (NewKey(), NewKey());
        await GetAsync(Cache, key, "old", tag);
        await StoredAsync(key);
        Assert.That(await GetAsync(OtherCache, key, "new", tag), Is.EqualTo("old"));

        await Cache.RemoveByTagAsync(tag);

        if (IsOurs)
        {
            await Eventually.TrueAsync(async () => await GetAsync(OtherCache, key, "new", tag) == "new", "the other node forgets");
        }
        else
        {
            await Task.Delay(500);
            Assert.That(await GetAsync(OtherCache, key, "new", tag), Is.EqualTo("old"), "Nobody tells Microsoft's.");
        }
    }

    [TestCase((string?)null)]
    [TestCase("")]
    [TestCase(" ")]
    [TestCase("*")]
    public void A_tag_that_is_none_is_refused(string? tag)
    {
        Assert.That(async () => await GetAsync(Cache, NewKey(), "value", tag!, "good"), Throws.ArgumentException);
        Assert.That(async () => await GetAsync(Cache, NewKey(), "value", tag!), Throws.ArgumentException);
        Assert.That(async () => await Cache.SetAsync(NewKey(), "value", tags: [tag!]), Throws.ArgumentException);
    }

    [Test]
    public async Task With_keys_that_are_none_the_factory_runs_and_nothing_is_stored([Values(null, "", " \t", "too long")] string? key)
    {
        var used = key == "too long" ? new string('k', 1025) : key!;
        Assert.That((await GetAsync(Cache, used, "one"), await GetAsync(Cache, used, "two")), Is.EqualTo(("one", "two")));
        Assert.That(await Cache.GetOrCreateAsync(used, static _ => ValueTask.FromResult("three"), With(DisableUnderlyingData)), Is.Null);
        Assert.That(async () => await Cache.GetOrCreateAsync<string>(used, static _ => throw new InvalidCastException()), Throws.InstanceOf<InvalidCastException>());
    }

    [Test]
    public async Task Keys_of_the_greatest_length_and_control_characters()
    {
        var longest = NewKey().PadRight(1024, '€');
        var control = NewKey() + "\u0001\n";
        Assert.That((await GetAsync(Cache, longest, "one"), await GetAsync(Cache, longest, "two")), Is.EqualTo(("one", "one")));
        Assert.That(await FromMemoryAsync(Cache, longest), Is.EqualTo("one"));
        // Ours takes any string; Microsoft's runs the factory.
        Assert.That((await GetAsync(Cache, control, "one"), await GetAsync(Cache, control, "two")), Is.EqualTo(("one", IsOurs ? "one" : "two")));
        var node = await StartNodeAsync(static options => options.MaximumKeyLength = 10);
        Assert.That((await GetAsync(Of(node), "0123456789A", "one"), await GetAsync(Of(node), "0123456789A", "two")), Is.EqualTo(("one", "two")));
    }

    [Test]
    public async Task Keys_differ_in_case_and_every_character()
    {
        var key = NewKey();
        string[] keys = [key + "a", key + "A", key + "a ", key + "\u00e9", key + "e\u0301", key + "^", "^" + key, key + "%", key + "_"];
        foreach (var one in keys)
        {
            Assert.That(await GetAsync(Cache, one, one), Is.EqualTo(one));
        }

        Assert.That(await Task.WhenAll(keys.Select(one => GetAsync(Cache, one, "again"))), Is.EqualTo(keys));
    }

    [Test]
    public async Task Every_overload_finds_what_another_stored()
    {
        var key = NewKey();
        Assert.That(await Cache.GetOrCreateAsync(key, "state", static (state, _) => ValueTask.FromResult(state)), Is.EqualTo("state"));
        Assert.That(await Cache.GetOrCreateAsync(key.AsSpan(), static _ => ValueTask.FromResult("made")), Is.EqualTo("state"));
        Assert.That(await Cache.GetOrCreateAsync(key.AsSpan(), "other", static (state, _) => ValueTask.FromResult(state)), Is.EqualTo("state"));
        Assert.That(await Cache.GetOrCreateAsync($"{key}", static _ => ValueTask.FromResult("made")), Is.EqualTo("state"));
        Assert.That(await Cache.GetOrCreateAsync($"{key}", "other", static (state, _) => ValueTask.FromResult(state)), Is.EqualTo("state"));
        var fresh = NewKey();
        Assert.That(await Cache.GetOrCreateAsync($"{fresh}{1}", static _ => ValueTask.FromResult("made")), Is.EqualTo("made"));
        Assert.That(await GetAsync(Cache, fresh + "1", "again"), Is.EqualTo("made"));
    }

    private static async Task<string> GetAsync(HybridCache cache, string key, string made, params string[] tags) =>
        await cache.GetOrCreateAsync(key, _ => ValueTask.FromResult(made), tags: tags is [] ? null : tags);

    private static async Task<string?> FromMemoryAsync(HybridCache cache, string key) =>
        await cache.GetOrCreateAsync<string?>(key, static _ => ValueTask.FromResult<string?>("made"), With(DisableDistributedCache | DisableLocalCacheWrite | DisableUnderlyingData));
}
