using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Cryptography.KeyDerivation;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class SignInTests : SampleFixture
{
    private const string Iterations = "Passwords:Iterations";

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
        await using var slow = new SampleService(Database.ConnectionString, (Iterations, "100000"));
        using var client = slow.CreateClient();
        await StoreHashAsync("alice@example.com", 100_000);
        var (wrongPassword, unknownUser) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var attempt = 0; attempt < 8; attempt++)
        {
            wrongPassword = Shorter(wrongPassword, await TimeAsync(client, "alice@example.com"));
            unknownUser = Shorter(unknownUser, await TimeAsync(client, "nobody@example.com"));
        }

        // Without the hash it is a fifteenth; the rest is for machines with much else to do.
        Assert.That(unknownUser, Is.GreaterThan(wrongPassword / 5));
    }

    [Test]
    public async Task Passwords_are_hashed_as_OWASP_recommends_and_older_hashes_replaced_at_the_next_sign_in()
    {
        await using var usual = new SampleService(Database.ConnectionString, (Iterations, null));
        using var client = usual.CreateClient();
        await StoreHashAsync("admin@example.com", 100_000);
        using var first = await SignInAsync(client, "admin@example.com", "Admin-demo-1");
        var (function, iterations) = await HashAsync("admin@example.com");
        using var second = await SignInAsync(client, "admin@example.com", "Admin-demo-1");

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That(function, Is.EqualTo(KeyDerivationPrf.HMACSHA512));
        Assert.That(iterations, Is.GreaterThanOrEqualTo(220_000));
    }

    [TestCase("""{}""", "email", "password")]
    [TestCase("""{"email":"","password":""}""", "email", "password")]
    [TestCase("""{"email":"alice@example.com"}""", "password")]
    [TestCase("""{"email":"a\u0000@example.com","password":"x"}""", "email")]
    [TestCase("""{"email":"alice@example.com","password":"Alice-demo-1\u0000"}""", "password")]
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

    [TestCase("foo")]
    [TestCase("utf-7")]
    [TestCase("utf-16")]
    [TestCase("\"\"")]
    public async Task A_body_in_another_encoding_than_JSON_has_is_refused(string charset)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");
        using var response = await Anonymous.PostAsync(new Uri("/auth/sign-in", UriKind.Relative), content);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
    }

    [TestCase("utf-8")]
    [TestCase("\"UTF-8\"")]
    public async Task A_body_may_name_its_encoding(string charset)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");
        using var response = await Anonymous.PostAsync(new Uri("/auth/sign-in", UriKind.Relative), content);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static async Task<TimeSpan> TimeAsync(HttpClient client, string email)
    {
        var started = Stopwatch.GetTimestamp();
        using var response = await SignInAsync(client, email, "wrong");
        return Stopwatch.GetElapsedTime(started);
    }

    private static Task<HttpResponseMessage> SignInAsync(HttpClient client, string email, string password) =>
        client.PostAsJsonAsync("/auth/sign-in", new { email, password });

    private Task<HttpResponseMessage> SignInAsync(string email, string password) => SignInAsync(Anonymous, email, password);

    /// <summary>Hashes the user's password of the demo anew.</summary>
    private Task StoreHashAsync(string email, int iterations)
    {
        var hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        var hash = hasher.HashPassword(this, email.StartsWith("admin", StringComparison.Ordinal) ? "Admin-demo-1" : "Alice-demo-1");
        return Database.ExecuteAsync($"UPDATE auth.users SET password_hash = '{hash}' WHERE email = '{email}'");
    }

    private async Task<(KeyDerivationPrf Function, uint Iterations)> HashAsync(string email)
    {
        var hash = Convert.FromBase64String(await Database.ScalarAsync<string>($"SELECT password_hash FROM auth.users WHERE email = '{email}'"));
        return ((KeyDerivationPrf)BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1)), BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
    }
}
