using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SolidCache.Postgres.IntegrationTests.Sample.Browser;

/// <summary>The administrators' page in light and dark, on wide and narrow screens, with the keyboard alone, and by the rules of accessibility.</summary>
public sealed class AdminPageLooks : BrowserFixture
{
    private const string PicturesVariable = "SOLIDCACHE_PICTURES";

    [Test]
    public async Task It_breaks_no_rule_of_accessibility([Values(ColorScheme.Light, ColorScheme.Dark)] ColorScheme scheme, [Values(390, 1280)] int width)
    {
        await OpenAsync(scheme, width);
        Assert.That(Violations(await Page.RunAxe()), Is.Empty, "the sign-in");
        await SignInAsync();
        await FillAsync();

        Assert.That(Violations(await Page.RunAxe()), Is.Empty, "the dashboard");
        await PictureAsync($"admin-{scheme.ToString().ToLowerInvariant()}", width);
    }

    [TestCase(320)]
    [TestCase(390)]
    [TestCase(768)]
    [TestCase(1280)]
    public async Task Nothing_hangs_over_the_edge_and_the_figures_leave_no_hole(int width)
    {
        await OpenAsync(ColorScheme.Light, width);
        await SignInAsync();
        await FillAsync();

        Assert.That(await Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.LessThanOrEqualTo(width));
        var rows = await Page.EvaluateAsync<int[]>("[...document.querySelectorAll('.figures div')].map(cell => cell.offsetTop)");
        Assert.That(rows.CountBy(row => row).Select(row => row.Value).Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public async Task The_keyboard_is_enough()
    {
        await Service.Cache.SetAsync("by keyboard", [1], new());
        await Page.Keyboard.TypeAsync("admin@example.com");
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.TypeAsync("Admin-demo-1");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.Keyboard.PressAsync("Tab");
        await Expect(Page.Locator("#key")).ToBeFocusedAsync();
        await Page.Keyboard.TypeAsync("by keyboard");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.Locator("#lookup-result dl")).ToBeVisibleAsync();
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Page.Locator("#lookup-result")).ToContainTextAsync("The entry was removed.");
    }

    private static IEnumerable<string> Violations(AxeResult result) =>
        result.Violations.Select(violation => $"{violation.Id}: {violation.Help} ({string.Join(", ", violation.Nodes.Select(node => node.Html))})");

    private Task OpenAsync(ColorScheme scheme, int width) =>
        OpenPageAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 }, ReducedMotion = ReducedMotion.Reduce });

    /// <summary>Something to look at in every part of the page.</summary>
    private async Task FillAsync()
    {
        await EmptyCacheAsync();
        for (var second = 0; second < 12; second++)
        {
            var load = 400 + (int)(250 * Math.Sin(second / 2.0));
            await Task.WhenAll(Enumerable.Range(0, load).Select(async number =>
            {
                var key = $"user_profile:{(number * 7) % 420}";
                if (await Service.Cache.GetAsync(key) is null)
                {
                    await Service.Cache.SetAsync(key, new byte[900], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10) });
                }
            }));
            await Task.Delay(Environment.GetEnvironmentVariable(PicturesVariable) is null ? 20 : 1_000);
        }

        await ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() - interval '1 second' WHERE key LIKE '%9'");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Clean up now" }).ClickAsync();
        await Page.Locator("#key").FillAsync("user_profile:7");
        await Page.Locator("#key").PressAsync("Enter");
        await Expect(Page.Locator("#lookup-result dl")).ToBeVisibleAsync();
        await Expect(Page.Locator("#cleanup-result")).ToContainTextAsync("removed");
        await Expect(Page.Locator("#chart rect").First).ToBeAttachedAsync();
    }

    /// <summary>The pictures of the documentation, which are of wide screens, made when a folder for them is named.</summary>
    private async Task PictureAsync(string name, int width)
    {
        if (width == 1280 && Environment.GetEnvironmentVariable(PicturesVariable) is { Length: > 0 } folder)
        {
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
        }
    }
}
