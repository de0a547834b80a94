namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>How a server is started.</summary>
internal static class ServerArguments
{
    /// <param name="port">Where it listens.</param>
    /// <param name="address">Where it listens, an address of this machine.</param>
    /// <param name="further">Settings, each <c>name=value</c>.</param>
    public static string[] Of(int port, string address, string[] further)
    {
        string[] settings =
        [
            $"port={port}",
            $"listen_addresses={address}",
            // A Unix socket's path could get too long.
            "unix_socket_directories=",
            // fsync stays on: tests look at what a crash leaves.
            "shared_buffers=64MB",
            .. further,
        ];
        return ["-D", "data", .. settings.SelectMany(setting => (string[])["-c", setting])];
    }
}
