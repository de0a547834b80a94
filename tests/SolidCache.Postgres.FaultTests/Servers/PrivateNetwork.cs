using System.Security.Cryptography;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>A network of a test's own (a namespace of Linux'), joined by one cable to that of the tests, with a firewall that lets everything through at first.</summary>
internal sealed class PrivateNetwork : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _cable;
    private readonly string _near;

    private PrivateNetwork(string folder)
    {
        _folder = folder;
        // An interface's name has at most 15 characters.
        _cable = $"sc{RandomNumberGenerator.GetHexString(8)}";
        // Of 198.18.0.0/15, which is set aside for tests of networks, four addresses: two ends, itself and a broadcast.
        var random = RandomNumberGenerator.GetInt32(1 << 15);
        var subnet = $"198.{18 + (random >> 14)}.{(random >> 6) & 255}";
        (_near, Address) = ($"{subnet}.{((random & 63) * 4) + 1}", $"{subnet}.{((random & 63) * 4) + 2}");
    }

    /// <summary>Also that of its folder, by which eng/fault-tests.sh finds what a run that was killed has left behind.</summary>
    public string Name => Path.GetFileName(_folder);

    /// <summary>That of whoever listens in it.</summary>
    public string Address { get; }

    public static async Task<PrivateNetwork> CreateAsync()
    {
        var network = new PrivateNetwork(await DataFolder.EmptyAsync());
        try
        {
            await network.ConnectAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Drops packets without telling anybody.</summary>
    /// <param name="rule">Which ones: a rule of iptables without its target.</param>
    public Task DropAsync(params string[] rule) => FirewallAsync(["--append", .. rule, "--jump", "DROP"]);

    /// <summary>Lets everything through again.</summary>
    public Task DeliverAsync() => FirewallAsync("--flush");

    public async ValueTask DisposeAsync()
    {
        await Superuser.ErrorOfAsync("ip", "link", "delete", _cable);
        await Superuser.ErrorOfAsync("ip", "netns", "delete", Name);
        Directory.Delete(_folder);
    }

    private async Task ConnectAsync()
    {
        await Superuser.NeedAsync("ip", "netns", "add", Name);
        await Superuser.NeedAsync("ip", "link", "add", _cable, "type", "veth", "peer", "name", "eth0", "netns", Name);
        await Superuser.NeedAsync("ip", "netns", "exec", Name, "iptables", "--flush");
        await Superuser.RunAsync("ip", "address", "add", $"{_near}/30", "dev", _cable);
        await Superuser.RunAsync("ip", "link", "set", _cable, "up");
        await Superuser.RunAsync("ip", "-netns", Name, "address", "add", $"{Address}/30", "dev", "eth0");
        await Superuser.RunAsync("ip", "-netns", Name, "link", "set", "eth0", "up");
    }

    private Task FirewallAsync(params IEnumerable<string> arguments) => Superuser.RunAsync("ip", ["netns", "exec", Name, "iptables", .. arguments]);
}
