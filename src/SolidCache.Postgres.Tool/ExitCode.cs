namespace SolidCache.Postgres.Tool;

/// <summary>What scripts may rely on. Those from 64 on are the names of sysexits.h.</summary>
internal static class ExitCode
{
    public const int Fine = 0;

    /// <summary>A check failed, or there is no such entry.</summary>
    public const int No = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 64;

    /// <summary>The server is away, or refuses the login.</summary>
    public const int Unavailable = 69;

    /// <summary>The server refused what was asked: a missing table or right, a schema of another version.</summary>
    public const int Refused = 70;

    /// <summary>The output, or a file, cannot be written.</summary>
    public const int NotWritten = 73;

    /// <summary>No connection string, or one that names a file that cannot be used.</summary>
    public const int NotConfigured = 78;

    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;
}
