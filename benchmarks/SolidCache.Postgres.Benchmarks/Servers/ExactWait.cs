using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SolidCache.Postgres.Benchmarks.Servers;

/// <summary>
/// Waits that end within microseconds of their time and cost no processor meanwhile: those of .NET end with a millisecond. Linux only, for a thread of one's own.
/// </summary>
internal static partial class ExactWait
{
    public const short Readable = 1;
    public const short Writable = 4;
    private const int SetTimerSlack = 29;
    private const int Interrupted = 4;

    /// <summary>Has the system wake this thread when its time has come, before others if it may: else it takes 50 microseconds longer, and a turn.</summary>
    public static void Prepare()
    {
        if (Control(SetTimerSlack, 1, 0, 0, 0) != 0)
        {
            throw new PlatformNotSupportedException("The system does not time a thread's waits to the nanosecond.");
        }

        _ = SetPriority(0, 0, -20);
    }

    public static void Until(long timestamp)
    {
        while (timestamp > Stopwatch.GetTimestamp())
        {
            ForAny([], timestamp);
        }
    }

    /// <summary>Waits until something can be done with one of the sockets, or until the time has come.</summary>
    public static void ForAny(Span<WatchedSocket> sockets, long timestamp)
    {
        var nanoseconds = Math.Max(0, (timestamp - Stopwatch.GetTimestamp()) * (1_000_000_000 / Stopwatch.Frequency));
        var limit = new TimeSpec((nint)(nanoseconds / 1_000_000_000), (nint)(nanoseconds % 1_000_000_000));
        if (Poll(sockets, (nuint)sockets.Length, in limit, 0) < 0 && Marshal.GetLastPInvokeError() is var error and not Interrupted)
        {
            throw new InvalidOperationException($"The wait failed with error {error}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(Span<WatchedSocket> sockets, nuint count, in TimeSpec limit, nint signals);

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int who, int niceness);

    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);
}
