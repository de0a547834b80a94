namespace SolidCache.Postgres.Sql;

/// <summary>
/// What a removal in a transaction of the application's leaves in place of an entry. A row that is not there cannot be locked, so it leaves one that has always
/// been expired and that nobody has a lease on: until the commit nobody else can store the entry, and after it nobody who asked for a lease before.
/// </summary>
internal static class RemovalBarrier
{
    /// <summary>Makes one of the row that is there, whether it is an entry, a lease, or a barrier already.</summary>
    public const string OnConflict =
        """
        ON CONFLICT (key) DO UPDATE SET
          expires_at = '-infinity',
          created_at = excluded.created_at,
          sliding_expiration = NULL,
          absolute_expiration = NULL,
          value = '',
          compressed = NULL,
          lease = NULL,
          lease_ends_at = NULL,
          stale_for = NULL,
          tags = NULL,
          made_after = NULL
        """;
}
