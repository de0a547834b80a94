using System.Runtime.Versioning;

// Servers that run as another user, signals, tmpfs.
[assembly: SupportedOSPlatform("linux")]

// A fault keeps the machine busy enough.
[assembly: Parallelizable(ParallelScope.None)]
