using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SolidCache.Postgres.IntegrationTests.Sample.Browser;

/// <summary>The page of the API, which is a package's.</summary>
public sealed class ReferencePageTests : BrowserFixture
{
    [Test]
    public async Task It_shows_the_API_and_advertises_nothing()
    {
        await Page.GotoAsync($"{Address}/docs");
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Auth service" })).ToBeVisibleAsync();
        await Expect(Page.GetByText("/auth/sign-in").First).ToBeVisibleAsync();

        await Expect(Page.Locator("a[href*='scalar.com']:visible")).ToHaveCountAsync(0);
        await Expect(Page.GetByText(new System.Text.RegularExpressions.Regex("Powered by|Developer Tools|Ask AI|MCP|Open API Client")).Filter(new() { Visible = true })).ToHaveCountAsync(0);
    }
}
