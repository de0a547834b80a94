namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>What an auth service caches of a user; the text makes it as large as the case asks for.</summary>
internal sealed record UserProfile(int Id, string Email, string[] Roles, DateTimeOffset CreatedAt, string About)
{
    private const int BytesWithoutText = 130;

    public static UserProfile Create(Random random, int jsonBytes)
    {
        var id = random.Next(100_000, 1_000_000);
        // Hexadecimal digits: two for a byte, none that JSON escapes.
        var text = random.GetHexString(Math.Max(0, jsonBytes - BytesWithoutText));
        return new UserProfile(id, $"user{id}@example.com", ["reader", "editor"], DateTimeOffset.UnixEpoch.AddSeconds(id), text);
    }
}
