using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>How much waits, which is refused when it is too much.</summary>
public sealed class WriteQueueAccountTests
{
    private readonly Writes _writes = new();

    [Test]
    public void A_queue_full_of_calls_refuses_and_leaves_nothing_behind()
    {
        for (var round = 0; round < 3; round++)
        {
            for (var number = 0; number < 10; number++)
            {
                _writes.Set($"k{number % 3}");
            }

            Assert.That(() => _writes.Set("refused"), Throws.TypeOf<SolidCacheException>().With.Message.Contains("10 calls"));
            Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["k0,k1,k2"]));
        }
    }

    [Test]
    public void A_queue_full_of_bytes_refuses_and_leaves_nothing_behind()
    {
        for (var round = 0; round < 3; round++)
        {
            _writes.Set("a", 200);
            _writes.Set("b", 200);
            _writes.Set("b", 100);

            Assert.That(() => _writes.Set("refused"), Throws.TypeOf<SolidCacheException>().With.Message.Contains("501 bytes"));
            Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["a", "b"]));
        }
    }

    [Test]
    public void What_is_under_way_does_not_wait()
    {
        for (var number = 0; number < 4; number++)
        {
            _writes.Set($"k{number}", 20);
        }

        _writes.Take();

        Assert.That(_writes.Queue.Count, Is.Zero);
    }

    [Test]
    public void The_accounts_are_even_after_any_history([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        var (underWay, strays, holds) = (new List<List<KeyWrite>>(), new List<KeyWrite>(), new List<WriteHold>());
        for (var step = 0; step < 300; step++)
        {
            Step(random, underWay, strays, holds);
        }

        underWay.ForEach(batch => _writes.End(batch));
        _writes.Queue.End(strays, error: null);
        holds.ForEach(hold => _writes.Queue.Release(hold));
        _writes.TakeAllKeys();
        Assert.That((_writes.Queue.Look(), _writes.Queue.Count, _writes.Queue.IsEmpty), Is.EqualTo((false, 0, true)));

        for (var number = 0; number < 10; number++)
        {
            _writes.Set($"k{number}", 50);
        }

        Assert.That(() => _writes.Remove("x"), Throws.TypeOf<SolidCacheException>().With.Message.Contains("10 calls with 500 bytes"));
        Assert.That(_writes.TakeAllKeys(), Has.Length.EqualTo(10), "Each is large, and no other is under way.");
    }

    private void Step(Random random, List<List<KeyWrite>> underWay, List<KeyWrite> strays, List<WriteHold> holds)
    {
        switch (random.Next(12))
        {
            case 0 or 1 when _writes.Take() is { Count: > 0 } batch:
                underWay.Add(batch);
                break;
            case 2 when Some(random, underWay) is { } ended:
                underWay.Remove(ended);
                _writes.End(ended, random.Next(2) == 0 ? null : static () => new InvalidOperationException());
                break;
            case 3 when Some(random, underWay) is { } doubted:
                underWay.Remove(doubted);
                holds.Add(_writes.Queue.EndInDoubt(doubted, static () => new IOException(), _writes.Clock.Now + random.Next(20_000_000)));
                break;
            case 4 when Some(random, underWay) is { } stray && stray[0].Line is not null:
                underWay.Remove(stray);
                _writes.Queue.Stray(stray);
                strays.AddRange(stray);
                break;
            case 5 when Some(random, underWay) is { } hanging:
                _writes.Queue.Abandon(hanging);
                break;
            case 6 when strays.Count > 0:
                _writes.Queue.End([strays[0]], error: null);
                strays.RemoveAt(0);
                break;
            case 7 when holds.Count > 0:
                _writes.Queue.Release(holds[random.Next(holds.Count)]);
                break;
            case 8:
                _writes.Wait(random.NextDouble());
                _writes.Queue.Look();
                break;
            default:
                AddOrBeRefused(random);
                break;
        }
    }

    private static List<KeyWrite>? Some(Random random, List<List<KeyWrite>> underWay) => underWay.Count == 0 ? null : underWay[random.Next(underWay.Count)];

    private void AddOrBeRefused(Random random)
    {
        var key = $"k{random.Next(5)}";
        try
        {
            var request = random.Next(6) switch
            {
                0 => _writes.Remove(key),
                1 => _writes.Touch(key),
                2 => _writes.Set(key, random.Next(80), durable: true),
                _ => _writes.Set(key, random.Next(80)),
            };
            if (random.Next(4) == 0)
            {
                request.GiveUp();
            }
        }
        catch (SolidCacheException)
        {
            // It is full.
        }
    }
}
