using Microsoft.Playwright;

namespace SolidCache.Postgres.IntegrationTests.Sample.Browser;

/// <summary>The browser that is installed on this machine.</summary>
internal static class Chromium
{
    private const string Variable = "SOLIDCACHE_TEST_BROWSER";

    private static readonly string[] UsualPlaces =
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];

    /// <summary>Without a sandbox, which root cannot have, and without the calls home that a browser makes by itself.</summary>
    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = Find(),
        Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });

    private static string Find() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path
            ? path
            : Array.Find(UsualPlaces, File.Exists) ?? throw new AssertionException(
                $"There is no Chromium or Chrome. Install one (apt-get install chromium), set {Variable} to its path, or run ./test.sh, which installs it where it may.");
}
