namespace SolidCache.Postgres.Tool.Commands;

/// <summary>What verify stores as JSON.</summary>
internal sealed record SampleValue(int Id, string Name, string[] Roles)
{
    public static SampleValue One { get; } = new(123, "Verification", ["member", "auditor"]);
}
