namespace SolidCache.Postgres.IntegrationTests.Contracts;

public sealed class ConcurrencyContract(Calling calling) : CacheContract(calling)
{
    [Test]
    public async Task What_one_node_acknowledged_every_node_reads()
    {
        await using var other = await StartNodeAsync();
        CacheCalls[] nodes = [Cache, CacheCalls.Of(Calling, other.Cache)];
        var key = NewKey();
        for (byte round = 0; round < 100; round++)
        {
            await nodes[round % 2].SetAsync(key, [round], Forever);
            Assert.That(await nodes[(round + 1) % 2].GetAsync(key), Is.EqualTo<byte[]>([round]));

            await nodes[(round + 1) % 2].RemoveAsync(key);
            Assert.That(await nodes[round % 2].GetAsync(key), Is.Null);
        }
    }

    [Test]
    public async Task After_a_remove_nothing_comes_back_from_sets_that_were_in_flight()
    {
        var key = NewKey();
        for (var round = 0; round < 100; round++)
        {
            var sets = Enumerable.Range(0, 8).Select(_ => SolidCache.SetAsync(key, [1], Forever)).ToArray();
            await Cache.RemoveAsync(key);

            Assert.That(await Cache.GetAsync(key), Is.Null, $"Round {round}, right after the remove");
            await Task.WhenAll(sets);
            Assert.That(await Cache.GetAsync(key), Is.Null, $"Round {round}, after the sets");
        }
    }

    [Test]
    public async Task After_a_removal_by_prefix_nothing_comes_back_from_sets_that_were_in_flight()
    {
        var prefix = NewKey();
        for (var round = 0; round < 30; round++)
        {
            var sets = Enumerable.Range(0, 16).Select(number => SolidCache.SetAsync($"{prefix}:{number}", [1], Forever)).ToArray();
            await SolidCache.RemoveByPrefixAsync(prefix);
            await Task.WhenAll(sets);

            Assert.That(await SolidCache.RemoveByPrefixAsync(prefix), Is.Zero, $"Round {round}");
        }
    }

    [Test]
    public async Task The_last_of_the_sets_that_one_process_began_is_the_one_that_stays()
    {
        var key = NewKey();
        for (var round = 0; round < 50; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(number => SolidCache.SetAsync(key, [(byte)number], Forever)));

            Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 9 }));
        }
    }

    [Test]
    public async Task Nodes_that_write_the_same_keys_at_once_meet_no_error()
    {
        await using var second = await StartNodeAsync();
        await using var third = await StartNodeAsync();
        var prefix = NewKey();
        CacheCalls[] nodes = [Cache, CacheCalls.Of(Calling, second.Cache), CacheCalls.Of(Calling, third.Cache)];

        await Task.WhenAll(Enumerable.Range(0, 24).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var round = 0; round < 40; round++)
            {
                var key = $"{prefix}:{random.Next(5)}";
                await (random.Next(5) switch
                {
                    0 => nodes[worker % 3].RemoveAsync(key),
                    1 => nodes[worker % 3].RefreshAsync(key),
                    2 => nodes[worker % 3].GetAsync(key),
                    _ => nodes[worker % 3].SetAsync(key, [1], Sliding(TimeSpan.FromMilliseconds(random.Next(1, 20)))),
                });
                if (round % 20 == 0)
                {
                    await SolidCache.RemoveByPrefixAsync(prefix);
                    await SolidCache.RemoveExpiredAsync();
                }
            }
        })));

        await Cache.SetAsync(prefix, [1], Forever);
        Assert.That(await Cache.GetAsync(prefix), Is.Not.Null);
    }
}
