using System.Runtime.InteropServices;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>Signals to processes. The numbers of the two that freeze and thaw are Linux' own.</summary>
internal static partial class Signal
{
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int Kill = 9;
    private const int Term = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    /// <summary>PostgreSQL's fast shutdown.</summary>
    public static void ShutDownFast(int process) => Send(process, Interrupt);

    /// <summary>PostgreSQL's immediate shutdown: no checkpoint, so that the next start recovers as after a crash.</summary>
    public static void ShutDownAtOnce(int process) => Send(process, Quit);

    /// <summary>What a service manager asks a process with to end.</summary>
    public static void Terminate(int process) => Send(process, Term);

    public static void KillNine(int process) => Send(process, Kill);

    public static void Freeze(int process) => Send(process, Stop);

    public static void Thaw(int process) => Send(process, Continue);

    /// <summary>The processes that a process has started and that are still its own.</summary>
    public static int[] Children(int process)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{process}/task/{process}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(int.Parse)];
        }
        catch (IOException)
        {
            // It has ended.
            return [];
        }
    }

    /// <summary>Whether a process is gone, but for what its parent may still want to know of it.</summary>
    public static bool HasEnded(int process)
    {
        try
        {
            // The state follows the name in brackets, which may hold anything.
            var line = File.ReadAllText($"/proc/{process}/stat");
            return line[line.LastIndexOf(')')..] is [_, _, 'Z' or 'X', ..];
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Who ended meanwhile needs no signal.</summary>
    private static void Send(int process, int signal) => _ = SendSignal(process, signal);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
