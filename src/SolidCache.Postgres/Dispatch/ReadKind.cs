namespace SolidCache.Postgres.Dispatch;

/// <summary>What a call wants to know of its entry. A batch is of one kind.</summary>
internal enum ReadKind
{
    Value,

    /// <summary>The value, and how much is left of its life.</summary>
    AgedValue,

    /// <summary>How long it lives, and whether a touch is due; not the value, which may be large.</summary>
    Life,

    /// <summary>Whether its value may be made. It writes, but needs no order among the writes: what is made under a lease is stored only if it is still there.</summary>
    Lease,
    LeaseRenewal,
}
