namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>What is measured.</summary>
internal enum WorkloadName
{
    /// <summary>Reads an entry into an array.</summary>
    Get,

    /// <summary>Reads an entry into a buffer that is used again.</summary>
    GetBuffered,

    /// <summary>Reads an entry that slides.</summary>
    GetSliding,

    /// <summary>Asks for what is not there.</summary>
    GetMiss,

    /// <summary>Overwrites an entry.</summary>
    Set,

    /// <summary>Extends an entry that slides.</summary>
    Refresh,

    /// <summary>Overwrites an object.</summary>
    SetJson,

    /// <summary>Reads an object.</summary>
    GetJson,

    /// <summary>Removes an entry that is there.</summary>
    Remove,
}
