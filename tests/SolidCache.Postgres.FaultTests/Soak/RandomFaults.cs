using System.Diagnostics;
using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>
/// One random fault after the other, for as long as eng/soak.sh says. Each has keys of its own, so that its history is checked as soon as it is over, and
/// forgotten: a soak of hours needs no more memory than one of minutes, and what grows all the same is a leak.
/// </summary>
[Category("Soak")]
public sealed class RandomFaults
{
    /// <summary>A breaker asks every two and a half seconds at most, a pooler its server once a second, a crash has to be recovered from.</summary>
    private static readonly TimeSpan LongestRecovery = TimeSpan.FromSeconds(5);

    /// <summary>About a kilobyte, and now and then two million bytes.</summary>
    private static readonly PaddedText Values = new(paddingBytes: 1_000, largePaddingBytes: 2_000_000);

    [Test]
    public async Task A_cache_survives_random_faults_and_leaves_nothing_behind()
    {
        var settings = SoakSettings.FromEnvironment();
        var report = new SoakReport(settings);
        var random = new Random(settings.Seed);
        var bag = new FaultBag(FaultKinds.Called(settings.FaultName ?? ""), random);
        var clock = Stopwatch.StartNew();
        var alone = settings.Seed % 3;
        await TestContext.Progress.WriteLineAsync($"seed {settings.Seed}: node {alone} sends each entry alone");
        await using var site = await Site.StartNewAsync(alone);
        using var footprint = new Footprint();
        try
        {
            for (var round = 0; clock.Elapsed < settings.Duration; round++)
            {
                var (fault, length) = bag.Draw();
                await TestContext.Progress.WriteLineAsync($"{clock.Elapsed:hh\\:mm\\:ss} seed {settings.Seed}, {round}: {fault.Name}, {length.TotalSeconds:0.0} s");
                await PassAsync(site, fault, length, round, random.Next(1_000_000), report);
                await CleanUpAsync(site, round);
                report.Add(await footprint.TakeAsync(site));
            }
        }
        finally
        {
            await report.WriteAsync();
        }

        Assert.That(report.Leaks, Is.Empty);
    }

    /// <summary>One fault under load. All that the load has recorded is garbage afterwards.</summary>
    private static async Task PassAsync(Site site, Fault fault, TimeSpan length, int round, int seed, SoakReport report)
    {
        var random = new Random(seed);
        var isDurable = random.Next(2) == 0;
        var plan = new LoadPlan { KeyPrefix = (isDurable ? Site.DurablePrefix : "") + PrefixOf(round), Seed = seed, Values = Values, IsMixed = true };
        var occasion = new Occasion(site, length, plan, random);
        var result = await Load.ThroughAsync(site.Nodes, () => fault.RunAsync(occasion), plan);

        var anomalies = result.Anomalies(setsMayBeLost: fault.IsCrash && !isDurable);
        report.Add(fault, result, anomalies.Count, plan);
        try
        {
            FaultReport.Judge(result, anomalies, result.RecoveryOfEveryNode, LongestRecovery, Ended.Grace);
        }
        catch (ResultStateException)
        {
            var file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"soak-{seed}.tsv");
            await File.WriteAllLinesAsync(file, result.Operations.Select(operation => operation.ToLine()));
            await TestContext.Out.WriteLineAsync($"The history is in {file}.");
            throw;
        }
    }

    private static string PrefixOf(int round) => $"{round}:";

    /// <summary>What the round has left in the table, in the logs of the nodes, and in a network that swallowed the end of a session.</summary>
    private static async Task CleanUpAsync(Site site, int round)
    {
        site.Network.EndAbandoned();
        foreach (var node in site.Nodes)
        {
            await node.Cache.RemoveByPrefixAsync(PrefixOf(round));
            await node.Cache.RemoveByPrefixAsync(Site.DurablePrefix + PrefixOf(round));
            node.Logs.Clear();
        }
    }
}
