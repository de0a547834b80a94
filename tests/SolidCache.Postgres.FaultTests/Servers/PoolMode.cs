namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>For how long a client of a pooler has a connection of the server to itself.</summary>
public enum PoolMode
{
    /// <summary>For one transaction: the next may run on another one.</summary>
    Transaction,

    /// <summary>Until the client hangs up.</summary>
    Session,
}
