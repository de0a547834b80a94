using System.Net;
using System.Net.Http.Json;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class RefreshTests : SampleFixture
{
    [Test]
    public async Task A_refresh_token_gives_new_tokens_once()
    {
        var first = await SignInAsync();
        using var response = await RefreshAsync(first);
        var reply = await response.JsonAsync();
        using var client = Service.WithToken(reply.GetProperty("accessToken").GetString()!);
        using var profile = await client.ReadAsync("/users/2");
        using var again = await RefreshAsync(first);

        Assert.That(profile.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(reply.GetProperty("refreshToken").GetString(), Is.Not.EqualTo(first));
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
    }

    [Test]
    public async Task A_token_that_is_used_again_later_ends_the_session_of_whoever_has_the_next()
    {
        var first = await SignInAsync();
        var second = await NextAsync(first);
        await Database.ExecuteAsync("UPDATE auth.refresh_tokens SET used_at = now() - interval '11 seconds' WHERE used_at IS NOT NULL");
        using var stolen = await RefreshAsync(first);
        using var victim = await RefreshAsync(second);

        Assert.That((stolen.StatusCode, victim.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task Of_two_that_come_at_once_with_a_token_one_wins_and_the_session_goes_on()
    {
        var first = await SignInAsync();
        var answers = await Task.WhenAll(RefreshAsync(first), RefreshAsync(first));
        var winner = answers.Single(answer => answer.StatusCode == HttpStatusCode.OK);
        var next = (await winner.JsonAsync()).GetProperty("refreshToken").GetString()!;
        Array.ForEach(answers, answer => answer.Dispose());
        using var goesOn = await RefreshAsync(next);

        Assert.That(goesOn.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task An_expired_token_is_none()
    {
        var first = await SignInAsync();
        await Database.ExecuteAsync("UPDATE auth.refresh_tokens SET expires_at = now()");
        using var response = await RefreshAsync(first);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_session_has_an_end_that_no_refresh_moves()
    {
        var first = await SignInAsync();
        await Database.ExecuteAsync($"UPDATE auth.sessions SET expires_at = now() + interval '1 hour' WHERE {IsOf(first)}");
        using var refresh = await RefreshAsync(first);
        var reply = await refresh.JsonAsync();
        await Database.ExecuteAsync($"UPDATE auth.sessions SET expires_at = now() WHERE {IsOf(first)}");
        using var late = await RefreshAsync(reply.GetProperty("refreshToken").GetString()!);

        Assert.That(reply.GetProperty("refreshExpiresIn").GetInt32(), Is.InRange(3500, 3600));
        Assert.That(late.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task What_nobody_can_use_any_more_is_removed_and_nothing_else()
    {
        var (expired, ended, longEnded, live) = (await SignInAsync(), await SignInAsync(), await SignInAsync(), await SignInAsync());
        await Database.ExecuteAsync(
            $"""
            UPDATE auth.refresh_tokens SET expires_at = now() - interval '1 second' WHERE token_hash = {HashOf(expired)};
            UPDATE auth.sessions SET ended_at = now() - interval '29 days' WHERE {IsOf(ended)};
            UPDATE auth.sessions SET ended_at = now() - interval '31 days' WHERE {IsOf(longEnded)};
            """);
        var before = await Database.ScalarAsync<long>("SELECT count(*) FROM auth.sessions");
        await using var another = new SampleService(Database.ConnectionString);
        using var client = another.CreateClient();

        await Infrastructure.Eventually.TrueAsync(
            async () => await Database.ScalarAsync<long>("SELECT count(*) FROM auth.sessions") == before - 1, "the session that ended long ago is removed");
        var left = await Database.ScalarAsync<bool[]>(
            $"SELECT ARRAY(SELECT EXISTS (SELECT FROM auth.refresh_tokens WHERE token_hash = asked) FROM unnest(ARRAY[{HashOf(expired)}, {HashOf(ended)}, {HashOf(longEnded)}, {HashOf(live)}]) AS asked)");
        Assert.That(left, Is.EqualTo([false, true, false, true]));
    }

    [Test]
    public async Task Signing_out_ends_the_session()
    {
        var second = await NextAsync(await SignInAsync());
        using var signOut = await Anonymous.PostAsJsonAsync("/auth/sign-out", new { refreshToken = second });
        using var response = await RefreshAsync(second);

        Assert.That((signOut.StatusCode, response.StatusCode), Is.EqualTo((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task A_new_password_ends_all_sessions_and_the_old_one_is_wrong()
    {
        using var registration = await Anonymous.PostAsJsonAsync(
            "/auth/register", new { email = "erin@example.com", username = "erin", password = "the first password", displayName = "Erin" });
        var reply = await registration.JsonAsync();
        using var erin = Service.WithToken(reply.GetProperty("accessToken").GetString()!);
        using var wrong = await ChangeAsync(erin, "not the password", "the second password");
        using var changed = await ChangeAsync(erin, "the first password", "the second password");
        using var refresh = await RefreshAsync(reply.GetProperty("refreshToken").GetString()!);
        using var old = await Anonymous.PostAsJsonAsync("/auth/sign-in", new { email = "erin@example.com", password = "the first password" });
        using var current = await Anonymous.PostAsJsonAsync("/auth/sign-in", new { email = "erin@example.com", password = "the second password" });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(refresh.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(old.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(current.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase("Alice-demo-1", "ALICE@example.com", "newPassword")]
    [TestCase("Alice-demo-1", "alice@example.com\0", "newPassword")]
    [TestCase("Alice-demo-1", "a\0\0\0\0\0\0\0\0\0\0\0", "newPassword")]
    [TestCase("Alice-demo-1\0", "the second password", "currentPassword")]
    public async Task A_changed_password_keeps_the_rules_of_a_first_one(string currentPassword, string newPassword, string name)
    {
        using var response = await ChangeAsync(Alice, currentPassword, newPassword);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await response.JsonAsync()).GetProperty("errors").Names(), Is.EqualTo([name]));
    }

    [Test]
    public async Task A_refresh_that_ended_in_an_error_spends_no_token()
    {
        var token = await SignInAsync();
        await Database.ExecuteAsync("ALTER TABLE auth.role_permissions RENAME TO lost");
        using var failed = await RefreshAsync(token);
        await Database.ExecuteAsync("ALTER TABLE auth.lost RENAME TO role_permissions");
        using var again = await RefreshAsync(token);

        Assert.That((failed.IsSuccessStatusCode, again.StatusCode), Is.EqualTo((false, HttpStatusCode.OK)));
    }

    [Test]
    public async Task The_database_holds_no_token()
    {
        var token = await SignInAsync();

        Assert.That(
            await Database.ScalarAsync<long>($"SELECT count(*) FROM auth.refresh_tokens WHERE position('{token}'::bytea IN token_hash) > 0"), Is.Zero);
        Assert.That(await Database.ScalarAsync<int>("SELECT max(octet_length(token_hash)) FROM auth.refresh_tokens"), Is.EqualTo(32));
    }

    private static string HashOf(string token) => $"sha256('{token}')";

    private static string IsOf(string token) => $"id = (SELECT session_id FROM auth.refresh_tokens WHERE token_hash = {HashOf(token)})";

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient client, string currentPassword, string newPassword) =>
        client.PostAsJsonAsync("/auth/change-password", new { currentPassword, newPassword });

    private async Task<string> SignInAsync()
    {
        using var response = await Anonymous.PostAsJsonAsync("/auth/sign-in", new { email = "alice@example.com", password = "Alice-demo-1" });
        return (await response.JsonAsync()).GetProperty("refreshToken").GetString()!;
    }

    private async Task<string> NextAsync(string refreshToken)
    {
        using var response = await RefreshAsync(refreshToken);
        return (await response.JsonAsync()).GetProperty("refreshToken").GetString()!;
    }

    private Task<HttpResponseMessage> RefreshAsync(string refreshToken) => Anonymous.PostAsJsonAsync("/auth/refresh", new { refreshToken });
}
