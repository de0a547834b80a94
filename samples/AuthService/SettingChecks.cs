using AuthService.Authentication;

namespace AuthService;

/// <summary>Settings that are read later, some of them only with the first request: one that is misspelt ends the start instead, and is named.</summary>
internal static class SettingChecks
{
    public static void CheckSettings(this IConfiguration configuration)
    {
        configuration.Check<bool>("Seed:DemoUsers", "true or false");
        configuration.Check<bool>("Metrics:AllowRemote", "true or false");
        configuration.Check<int>("Seed:Crowd", "a whole number from 0", static number => number >= 0);
        foreach (var name in new[] { RateLimits.PerAddress, RateLimits.PerAccount, Passwords.Iterations })
        {
            configuration.Check<int>(name, "a whole number above 0", static number => number > 0);
        }

        // A number alone would be days, and so would be more hours than a day has.
        configuration.Check<TimeSpan>(
            "Profiles:Lifetime",
            "a span of time above 00:00:00, as 00:10:00, or 1.00:00:00 for a day",
            span => span > TimeSpan.Zero && configuration["Profiles:Lifetime"]!.Split(':') is [var first, _, ..] && (span.Days == 0 || first.Contains('.')));
    }

    private static void Check<T>(this IConfiguration configuration, string name, string wanted, Predicate<T>? isAllowed = null)
        where T : struct
    {
        try
        {
            if (configuration[name] is null || (configuration.GetValue<T?>(name) is { } value && isAllowed?.Invoke(value) is not false))
            {
                return;
            }
        }
        catch (InvalidOperationException)
        {
            // It cannot be converted: as bad as a value that is not allowed.
        }

        throw new SetupException($"{name.Replace(":", "__", StringComparison.Ordinal)} is no such thing as {wanted}: '{configuration[name]}'.");
    }
}
