namespace AuthService.Settings;

/// <summary>A setting of the system that administrators change now and then.</summary>
internal sealed record Setting(string Name, string Value, DateTime UpdatedAt);
