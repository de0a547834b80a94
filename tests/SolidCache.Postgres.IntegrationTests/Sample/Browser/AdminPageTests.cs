using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SolidCache.Postgres.IntegrationTests.Sample.Browser;

/// <summary>The administrators' page, as somebody uses it.</summary>
public sealed class AdminPageTests : BrowserFixture
{
    [Test]
    public async Task A_wrong_password_is_told_and_the_right_one_opens_the_page()
    {
        await SignInAsync(password: "wrong");
        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The email address or the password is wrong.");
        await SignInAsync();

        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Expect(Page.Locator("#entries")).Not.ToHaveTextAsync("–");
        ForgiveComplaints("401");
    }

    [Test]
    public async Task Who_is_no_administrator_is_told_so()
    {
        await SignInAsync("alice@example.com", "Alice-demo-1");

        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("lacks the permission system:admin");
        await Expect(Page.Locator("#dashboard")).ToBeHiddenAsync();
    }

    [Test]
    public async Task The_figures_follow_what_happens()
    {
        await EmptyCacheAsync();
        await SignInAsync();
        await Expect(Page.Locator("#entries")).ToHaveTextAsync("0");
        for (var number = 0; number < 30; number++)
        {
            await Service.Cache.SetAsync($"figure {number}", new byte[100], new());
            await Service.Cache.GetAsync($"figure {number}");
        }

        await Expect(Page.Locator("#entries")).ToHaveTextAsync("30");
        await Expect(Page.Locator("#hit-ratio")).ToContainTextAsync("%");
        await Expect(Page.Locator("#chart rect.hits").First).ToBeAttachedAsync();
        await Expect(Page.Locator("#chart-text")).ToContainTextAsync("hits");
    }

    [Test]
    public async Task The_health_and_the_table_are_seen_at_a_glance()
    {
        await SignInAsync();
        await Expect(Page.Locator("#health")).ToHaveTextAsync("Healthy");
        await Expect(Page.Locator("#table")).ToHaveTextAsync("public.solid_cache_entries");
        await Page.RouteAsync("**/health", route => route.FulfillAsync(new()
        {
            Json = new
            {
                status = "degraded",
                services = new { database = new { healthy = true }, redis = new { status = "unhealthy" }, solid_cache = new { status = "healthy" } },
            },
        }));

        await Expect(Page.Locator("#health")).ToHaveTextAsync("Degraded");
        await Expect(Page.Locator("#health-detail")).ToHaveTextAsync("Not healthy: Redis. The log says why.");
    }

    [TestCase(1, "2", "1")]
    [TestCase(794, "800", "400")]
    [TestCase(1_000, "1,000", "500")]
    [TestCase(1_001, "2,000", "1,000")]
    public async Task The_chart_says_how_high_it_is(int hits, string top, string middle)
    {
        await Page.RouteAsync("**/admin/cache/live", route => route.FulfillAsync(new()
        {
            Json = new { table = "t", hit_ratio = 1, seconds = (object[])[new { hits, misses = 0, writes = 0, errors = 0 }], sweeps = Array.Empty<object>() },
        }));
        await SignInAsync();

        await Expect(Page.Locator("#chart-top")).ToHaveTextAsync(top);
        await Expect(Page.Locator("#chart-middle")).ToHaveTextAsync(middle);
    }

    [Test]
    public async Task A_key_is_looked_up_and_removed()
    {
        await Service.Cache.SetAsync("user_profile:<b>7</b>", new byte[2048], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10) });
        await SignInAsync();
        await Page.Locator("#key").FillAsync("user_profile:<b>7</b>");
        await Page.Locator("#key").PressAsync("Enter");

        var result = Page.Locator("#lookup-result");
        await Expect(result).ToContainTextAsync("user_profile:<b>7</b>");
        await Expect(result).ToContainTextAsync("9 min");
        await Expect(result).ToContainTextAsync("2 KB");

        await result.GetByRole(AriaRole.Button).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.That(await Service.Cache.ExistsAsync("user_profile:<b>7</b>"), Is.True);
        await result.GetByRole(AriaRole.Button).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(result).ToContainTextAsync("The entry was removed.");
        Assert.That(await Service.Cache.ExistsAsync("user_profile:<b>7</b>"), Is.False);
    }

    [Test]
    public async Task A_key_that_is_not_there_is_told()
    {
        await SignInAsync();
        await Page.Locator("#key").FillAsync("nothing");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Look up" }).ClickAsync();

        await Expect(Page.Locator("#lookup-result")).ToHaveTextAsync("There is no entry under this key.");
        ForgiveComplaints("404");
    }

    [Test]
    public async Task A_prefix_is_removed_after_a_question()
    {
        foreach (var key in (string[])["list:1", "list:2", "other"])
        {
            await Service.Cache.SetAsync(key, [1], new());
        }

        await SignInAsync();
        await Page.Locator("#prefix").FillAsync("list:");
        await Page.Locator("#prefix").PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("list:");
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();

        await Expect(Page.Locator("#prefix-result")).ToHaveTextAsync("2 entries were removed.");
        Assert.That(await Service.Cache.ExistsAsync("other"), Is.True);
    }

    [Test]
    public async Task A_cleanup_tells_what_it_removed_and_joins_the_sweeps()
    {
        await EmptyCacheAsync();
        await Service.Cache.SetAsync("gone", [1], new());
        await ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() - interval '1 second'");
        await SignInAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Clean up now" }).ClickAsync();

        await Expect(Page.Locator("#cleanup-result")).ToHaveTextAsync("1 expired entry was removed.");
        await Expect(Page.Locator("#sweeps tr").First.Locator("td").Nth(1)).ToHaveTextAsync("1");
    }

    [Test]
    public async Task Signing_out_leads_back_and_leaves_nothing_on_the_page()
    {
        await SignInAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        await Expect(Page.Locator("#dashboard")).ToBeHiddenAsync();
        await Expect(Page.GetByLabel("Password")).ToHaveValueAsync("");
    }

    // The browser's console would show what is asked without a session, which the fixture takes for a failure.
    [TestCase("**/health")]
    [TestCase("**/admin/cache/live")]
    public async Task A_look_that_is_under_way_at_the_sign_out_ends_without_a_word(string path)
    {
        var looked = new TaskCompletionSource();
        var signedOut = new TaskCompletionSource();
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync(path, async route =>
        {
            looked.TrySetResult();
            await signedOut.Task;
            await route.ContinueAsync();
        });
        await looked.Task;
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        signedOut.SetResult();
        await Page.WaitForTimeoutAsync(500);

        await Expect(Page.Locator("#sign-in-message")).ToBeHiddenAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("");
    }

    [Test]
    public async Task A_service_that_goes_away_is_told_and_its_return_too()
    {
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync("**/admin/cache/live", route => route.AbortAsync());
        await Expect(Page.Locator("#connection")).ToContainTextAsync("does not answer");
        await Page.UnrouteAsync("**/admin/cache/live");

        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        ForgiveComplaints("ERR_FAILED");
    }

    [TestCase("**/admin/cache/live")]
    [TestCase("**/health")]
    public async Task A_service_that_is_silent_is_told_long_before_it_is_given_up(string path)
    {
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync(path, _ => Task.CompletedTask);
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("The service is slow to answer. Waiting …");
        await Page.UnrouteAsync(path);

        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
    }

    /// <summary>With the keyboard alone, and while an answer takes its time.</summary>
    [Test]
    public async Task A_button_keeps_the_focus_while_it_works_and_does_nothing_twice()
    {
        await SignInAsync();
        var (asked, answer) = (0, new TaskCompletionSource());
        await Page.RouteAsync("**/admin/cache/cleanup", async route =>
        {
            asked++;
            await answer.Task;
            await route.ContinueAsync();
        });
        var cleanup = Page.GetByRole(AriaRole.Button, new() { Name = "Clean up now" });
        await cleanup.PressAsync("Enter");
        await Expect(cleanup).ToBeDisabledAsync();
        await Page.Keyboard.PressAsync("Enter");
        answer.SetResult();
        await Expect(Page.Locator("#cleanup-result")).ToContainTextAsync("removed.");

        await Expect(cleanup).ToBeEnabledAsync();
        await Expect(cleanup).ToBeFocusedAsync();
        Assert.That(asked, Is.EqualTo(1));
    }

    [Test]
    public async Task A_session_that_has_ended_leads_back_to_the_sign_in()
    {
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync("**/auth/refresh", route => route.FulfillAsync(new() { Status = 401 }));
        await Page.RouteAsync("**/admin/cache/live", route => route.FulfillAsync(new() { Status = 401 }));

        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended.");
        ForgiveComplaints("401");
    }

    [Test]
    public async Task A_slow_sign_out_touches_nothing_of_the_session_that_follows()
    {
        var answered = new TaskCompletionSource();
        await SignInAsync();
        await Page.RouteAsync("**/auth/sign-out", async route =>
        {
            await answered.Task;
            await route.ContinueAsync();
        });
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        var signOut = Page.WaitForResponseAsync("**/auth/sign-out");
        answered.SetResult();
        await signOut;
        await Page.WaitForTimeoutAsync(500);

        await Expect(Page.Locator("#dashboard")).ToBeVisibleAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
    }

    [Test]
    public async Task A_sign_out_that_fails_is_told_and_tried_again()
    {
        await SignInAsync();
        await Page.RouteAsync("**/auth/sign-out", route => route.FulfillAsync(new() { Status = 503 }));
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(Page.Locator("#sign-out-messages")).ToContainTextAsync("Trying again");
        var open = await CountOpenSessionsAsync();
        await Page.UnrouteAsync("**/auth/sign-out");

        await Expect(Page.Locator("#sign-out-messages")).ToHaveTextAsync("");
        Assert.That(await CountOpenSessionsAsync(), Is.EqualTo(open - 1));
        ForgiveComplaints("503");
    }

    [Test]
    public async Task Who_need_a_new_access_token_at_once_ask_for_one()
    {
        var (spent, isSpent, renewals) = ("", false, 0);
        await Page.RouteAsync("**/admin/cache/**", async route =>
        {
            var token = await route.Request.HeaderValueAsync("Authorization") ?? "";
            spent = isSpent ? spent : token;
            await (isSpent && token == spent ? route.FulfillAsync(new() { Status = 401 }) : route.ContinueAsync());
        });
        await Page.RouteAsync("**/auth/refresh", async route =>
        {
            Interlocked.Increment(ref renewals);
            await Task.Delay(3_000);
            await route.ContinueAsync();
        });
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        isSpent = true;
        await Page.Locator("#key").FillAsync("nothing");
        await Page.Locator("#key").PressAsync("Enter");

        await Expect(Page.Locator("#lookup-result")).ToHaveTextAsync("There is no entry under this key.");
        await Page.WaitForResponseAsync("**/admin/cache/live");
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        Assert.That(renewals, Is.EqualTo(1));
        ForgiveComplaints("40");
    }

    [Test]
    public async Task A_renewal_that_comes_late_brings_no_session_back()
    {
        var (asked, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync("**/admin/cache/live", route => route.FulfillAsync(new() { Status = 401 }));
        await Page.RouteAsync("**/auth/refresh", async route =>
        {
            asked.TrySetResult();
            await answered.Task;
            await route.ContinueAsync();
        });
        await asked.Task;
        await EndSessionAsync();
        await Page.UnrouteAsync("**/admin/cache/live");
        answered.SetResult();
        await Page.WaitForTimeoutAsync(3_000);

        await Expect(Page.Locator("#dashboard")).ToBeHiddenAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("");
        ForgiveComplaints("40");
    }

    [Test]
    public async Task A_session_that_ended_looks_no_more_when_the_next_does()
    {
        var (asked, answered, looks) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync("**/admin/cache/live", async route =>
        {
            asked.TrySetResult();
            await answered.Task;
            Interlocked.Increment(ref looks);
            await route.ContinueAsync();
        });
        await asked.Task;
        await EndSessionAsync();
        await SignInAsync();
        await Expect(Page.Locator("#dashboard")).ToBeVisibleAsync();
        answered.SetResult();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        looks = 0;
        await Page.WaitForTimeoutAsync(9_000);

        Assert.That(looks, Is.InRange(1, 5), "One every other second.");
        ForgiveComplaints("403");
    }

    [TestCase(429)]
    [TestCase(503)]
    public async Task A_renewal_that_gets_no_answer_yet_ends_no_session(int status)
    {
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync("**/admin/cache/live", route => route.FulfillAsync(new() { Status = 401 }));
        await Page.RouteAsync("**/auth/refresh", route => route.FulfillAsync(new() { Status = status }));
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("The service does not answer. Trying again …");
        await Page.UnrouteAllAsync();

        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        ForgiveComplaints("401");
        ForgiveComplaints($"{status}");
    }

    [Test]
    public async Task A_session_that_ends_takes_its_question_along_and_what_is_under_way()
    {
        var (looked, isEnded) = (new TaskCompletionSource(), new TaskCompletionSource());
        Page.RequestFailed += (_, _) => isEnded.TrySetResult();
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Page.RouteAsync("**/admin/cache/entry**", async route =>
        {
            await looked.Task;
            await route.ContinueAsync();
        });
        await Page.Locator("#key").FillAsync("nothing");
        await Page.Locator("#key").PressAsync("Enter");
        await Page.Locator("#prefix").FillAsync("list:");
        await Page.Locator("#prefix").PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await Page.RouteAsync("**/admin/cache/live", route => route.FulfillAsync(new() { Status = 403 }));

        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended.");
        await Expect(Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await isEnded.Task.WaitAsync(TimeSpan.FromSeconds(30));
        looked.SetResult();
        ForgiveComplaints("403");
    }

    [Test]
    public async Task The_next_session_sees_nothing_of_the_one_before()
    {
        await SignInAsync();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
        await Expect(Page.Locator("#password")).ToHaveValueAsync("");
        await Page.Locator("#prefix").FillAsync("list:");
        await Page.Locator("#key").FillAsync("nothing");
        await Page.Locator("#key").PressAsync("Enter");
        await Expect(Page.Locator("#lookup-result")).Not.ToHaveTextAsync("");
        ForgiveComplaints("404");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        var answered = new TaskCompletionSource();
        foreach (var path in (string[])["**/health", "**/admin/cache/live"])
        {
            await Page.RouteAsync(path, async route =>
            {
                await answered.Task;
                await route.ContinueAsync();
            });
        }

        await SignInAsync();
        await Expect(Page.Locator("#dashboard")).ToBeVisibleAsync();
        foreach (var (id, text) in new[] { ("entries", "–"), ("health", "–"), ("last-sweep", ""), ("chart-text", "No operations yet."), ("lookup-result", "") })
        {
            await Expect(Page.Locator($"#{id}")).ToHaveTextAsync(text);
        }

        await Expect(Page.Locator("#key")).ToHaveValueAsync("");
        await Expect(Page.Locator("#prefix")).ToHaveValueAsync("");
        answered.SetResult();
        await Expect(Page.Locator("#connection")).ToHaveTextAsync("Live");
    }

    /// <summary>By an answer to a look for a key.</summary>
    private async Task EndSessionAsync()
    {
        await Page.RouteAsync("**/admin/cache/entry**", route => route.FulfillAsync(new() { Status = 403 }));
        await Page.Locator("#key").FillAsync("nothing");
        await Page.Locator("#key").PressAsync("Enter");
        await Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended.");
    }
}
