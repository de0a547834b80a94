using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Identity;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>Whoever ends a session ends it also for a thief who refreshes it at that moment, over and over.</summary>
public sealed class SessionRaceTests : SampleFixture
{
    private const int Rounds = 40;

    [Test]
    public async Task No_stolen_session_survives_the_sign_out()
    {
        var survivors = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var (_, stolen) = await SignInAsync("Alice-demo-1");
            survivors += await CountSurvivorsAsync(stolen, () => Anonymous.PostAsJsonAsync("/auth/sign-out", new { refreshToken = stolen }));
        }

        Assert.That(survivors, Is.Zero);
    }

    [Test]
    public async Task No_stolen_session_survives_a_new_password()
    {
        var (survivors, password) = (0, "Alice-demo-1");
        for (var round = 0; round < Rounds; round++)
        {
            var (accessToken, stolen) = await SignInAsync(password);
            using var alice = Service.WithToken(accessToken);
            var (currentPassword, newPassword) = (password, round == Rounds - 1 ? "Alice-demo-1" : $"password of round {round}");
            survivors += await CountSurvivorsAsync(stolen, () => alice.PostAsJsonAsync("/auth/change-password", new { currentPassword, newPassword }));
            password = newPassword;
        }

        Assert.That(survivors, Is.Zero);
    }

    [Test]
    public async Task No_stolen_session_survives_that_a_token_is_used_again()
    {
        var survivors = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var (_, stolen) = await SignInAsync("Alice-demo-1");
            survivors += await CountSurvivorsAsync(stolen, async () =>
            {
                await Database.ExecuteAsync($"UPDATE auth.refresh_tokens SET used_at = now() - interval '11 seconds' WHERE token_hash = sha256('{stolen}')");
                var response = await RefreshAsync(stolen);
                return new HttpResponseMessage(response.StatusCode == HttpStatusCode.Unauthorized ? HttpStatusCode.OK : HttpStatusCode.Conflict);
            });
        }

        Assert.That(survivors, Is.Zero);
    }

    [Test]
    public async Task A_sign_in_with_the_old_password_opens_nothing_that_lasts_once_it_is_changed()
    {
        var (survivors, password) = (0, "Alice-demo-1");
        for (var round = 0; round < Rounds; round++)
        {
            var (accessToken, _) = await SignInAsync(password);
            using var alice = Service.WithToken(accessToken);
            var (currentPassword, newPassword) = (password, round == Rounds - 1 ? "Alice-demo-1" : $"password of round {round}");
            var change = alice.PostAsJsonAsync("/auth/change-password", new { currentPassword, newPassword });
            var signIns = new List<Task<HttpResponseMessage>>();
            while (!change.IsCompleted)
            {
                signIns.Add(TrySignInAsync(currentPassword));
                await Task.WhenAny(signIns[^1], change);
            }

            Assert.That((await change).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            foreach (var signIn in await Task.WhenAll(signIns))
            {
                survivors += signIn.StatusCode == HttpStatusCode.OK && await IsLiveAsync((await signIn.JsonAsync()).GetProperty("refreshToken").GetString()!) ? 1 : 0;
                signIn.Dispose();
            }

            password = newPassword;
        }

        Assert.That(survivors, Is.Zero);
    }

    [Test]
    public async Task The_right_password_is_right_also_while_its_hash_is_replaced([Values] bool isChange)
    {
        var (accessToken, _) = await SignInAsync("Alice-demo-1");
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var replace = new NpgsqlCommand("UPDATE auth.users SET password_hash = $1 WHERE email = 'alice@example.com'", connection)
        {
            Parameters = { new() { Value = new PasswordHasher<object>().HashPassword(this, "Alice-demo-1") } },
        };
        await replace.ExecuteNonQueryAsync();
        var asking = isChange ? ChangeAsync() : TrySignInAsync("Alice-demo-1");
        await Eventually.TrueAsync(
            () => Database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"), "the request waits");
        await transaction.CommitAsync();
        using var response = await asking;

        Assert.That(response.StatusCode, Is.EqualTo(isChange ? HttpStatusCode.NoContent : HttpStatusCode.OK));

        async Task<HttpResponseMessage> ChangeAsync()
        {
            using var alice = Service.WithToken(accessToken);
            return await alice.PostAsJsonAsync("/auth/change-password", new { currentPassword = "Alice-demo-1", newPassword = "Alice-demo-1" });
        }
    }

    [Test]
    public async Task A_sign_in_that_waits_for_a_change_of_roles_gives_nothing_that_was_taken_away()
    {
        await Database.ExecuteAsync("INSERT INTO auth.user_roles (user_id, role_id) SELECT 2, id FROM auth.roles WHERE name = 'support'");
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var take = new NpgsqlCommand(
            "UPDATE auth.users SET version = version + 1 WHERE id = 2; DELETE FROM auth.user_roles WHERE user_id = 2 AND role_id = (SELECT id FROM auth.roles WHERE name = 'support')",
            connection);
        await take.ExecuteNonQueryAsync();
        var signIn = SignInAsync("Alice-demo-1");
        await Eventually.TrueAsync(
            () => Database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"), "the sign-in waits");
        await transaction.CommitAsync();
        using var alice = Service.WithToken((await signIn).AccessToken);
        using var response = await alice.ReadAsync("/users");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    /// <summary>The thief refreshes until that is refused, and once more after the session was ended.</summary>
    private async Task<int> CountSurvivorsAsync(string stolen, Func<Task<HttpResponseMessage>> end)
    {
        var isUnderWay = new TaskCompletionSource();
        var isEnded = new TaskCompletionSource();
        var thief = Task.Run(async () =>
        {
            for (var token = stolen; ;)
            {
                var isLast = isEnded.Task.IsCompleted;
                using var response = await RefreshAsync(token);
                if (response.StatusCode != HttpStatusCode.OK || isLast)
                {
                    return response.StatusCode == HttpStatusCode.OK ? 1 : 0;
                }

                token = (await response.JsonAsync()).GetProperty("refreshToken").GetString()!;
                isUnderWay.TrySetResult();
            }
        });
        await Task.WhenAny(isUnderWay.Task, thief);
        Assert.That(thief.IsCompleted, Is.False, "The thief has the session.");

        using var ended = await end();
        Assert.That(ended.IsSuccessStatusCode, Is.True);
        isEnded.SetResult();
        return await thief;
    }

    private async Task<(string AccessToken, string RefreshToken)> SignInAsync(string password)
    {
        using var response = await TrySignInAsync(password);
        var reply = await response.EnsureSuccessStatusCode().JsonAsync();
        return (reply.GetProperty("accessToken").GetString()!, reply.GetProperty("refreshToken").GetString()!);
    }

    private async Task<bool> IsLiveAsync(string refreshToken)
    {
        using var response = await RefreshAsync(refreshToken);
        return response.StatusCode == HttpStatusCode.OK;
    }

    private Task<HttpResponseMessage> TrySignInAsync(string password) =>
        Anonymous.PostAsJsonAsync("/auth/sign-in", new { email = "alice@example.com", password });

    private Task<HttpResponseMessage> RefreshAsync(string refreshToken) => Anonymous.PostAsJsonAsync("/auth/refresh", new { refreshToken });
}
