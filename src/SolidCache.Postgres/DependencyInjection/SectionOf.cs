namespace SolidCache.Postgres.DependencyInjection;

/// <summary>What a section of the configuration holds.</summary>
internal enum SectionOf
{
    /// <summary>The options of a cache.</summary>
    Cache,

    /// <summary>These, and the settings of an application's builder.</summary>
    Connection,

    /// <summary>The same, for all connections, and a section for each of them.</summary>
    AllConnections,
}
