using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class SignInTests : SampleFixture
{
    [Test]
    public async Task The_right_password_gives_a_token_that_opens_the_own_profile()
    {
        using var response = await SignInAsync("alice@example.com", "Alice-demo-1");
        var reply = await response.JsonAsync();
        using var client = Service.WithToken(reply.GetProperty("accessToken").GetString()!);
        using var profile = await client.ReadAsync($"/users/{SampleService.AliceId}");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Names(), Is.EqualTo(["accessToken", "expiresIn", "refreshToken", "refreshExpiresIn"]));
            Assert.That(reply.GetProperty("expiresIn").GetInt32(), Is.GreaterThan(60));
            Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
            Assert.That(profile.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task An_email_address_is_known_in_any_case()
    {
        using var response = await SignInAsync("ALICE@Example.COM", "Alice-demo-1");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer()
    {
        using var wrongPassword = await SignInAsync("alice@example.com", "Admin-demo-1");
        using var unknownUser = await SignInAsync("nobody@example.com", "Admin-demo-1");
        var (first, second) = (await wrongPassword.JsonAsync(), await unknownUser.JsonAsync());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(wrongPassword.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(unknownUser.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(wrongPassword.MediaType(), Is.EqualTo("application/problem+json"));
            Assert.That(second.Names(), Is.EqualTo(first.Names()));
            Assert.That(second.GetProperty("detail").GetString(), Is.EqualTo(first.GetProperty("detail").GetString()));
        }
    }

    [Test]
    public async Task An_unknown_user_takes_as_long_as_a_wrong_password()
    {
        var (wrongPassword, unknownUser) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var attempt = 0; attempt < 8; attempt++)
        {
            wrongPassword = Shorter(wrongPassword, await TimeAsync("alice@example.com"));
            unknownUser = Shorter(unknownUser, await TimeAsync("nobody@example.com"));
        }

        // Without the hash it is a fifteenth; the rest is for machines with much else to do.
        Assert.That(unknownUser, Is.GreaterThan(wrongPassword / 5));
    }

    [TestCase("""{}""", "email", "password")]
    [TestCase("""{"email":"","password":""}""", "email", "password")]
    [TestCase("""{"email":"alice@example.com"}""", "password")]
    [TestCase("""{"email":"a\u0000@example.com","password":"x"}""", "email")]
    public async Task A_request_that_lacks_something_is_told_what(string body, params string[] names)
    {
        using var response = await Anonymous.PostTextAsync("/auth/sign-in", body);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await response.JsonAsync()).GetProperty("errors").Names(), Is.EqualTo(names));
    }

    [Test]
    public async Task A_password_of_any_length_is_not_hashed()
    {
        using var response = await SignInAsync("alice@example.com", new string('x', 100_000));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [TestCase("{")]
    [TestCase("null")]
    [TestCase("[]")]
    public async Task A_body_that_is_no_request_is_refused(string body)
    {
        using var response = await Anonymous.PostTextAsync("/auth/sign-in", body);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task<TimeSpan> TimeAsync(string email)
    {
        var started = Stopwatch.GetTimestamp();
        using var response = await SignInAsync(email, "wrong");
        return Stopwatch.GetElapsedTime(started);
    }

    private Task<HttpResponseMessage> SignInAsync(string email, string password) =>
        Anonymous.PostAsJsonAsync("/auth/sign-in", new { email, password });
}
