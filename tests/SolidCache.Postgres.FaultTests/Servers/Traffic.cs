namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>What a <see cref="TcpProxy"/> does with what passes through it.</summary>
internal enum Traffic
{
    /// <summary>It arrives.</summary>
    Normal,

    /// <summary>It arrives 2 ms later.</summary>
    Distant,

    /// <summary>It arrives 50 ms later, now and then up to a second later.</summary>
    Slow,

    /// <summary>Nothing arrives for now, but all of it does later: a network that lost packets, which TCP sends again.</summary>
    Held,

    /// <summary>
    /// Nothing arrives, and nobody is told. A connection that lost something so stays silent for good: a firewall that has forgotten it.
    /// </summary>
    Swallowed,

    /// <summary>Each connection ends within the server's next answer, of which the last message is missing.</summary>
    Torn,

    /// <summary>Connections are reset, open ones too.</summary>
    Refused,
}
