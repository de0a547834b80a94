using System.Net;
using System.Net.Http.Json;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class RegistrationTests : SampleFixture
{
    private const string Password = "correct horse battery";

    [Test]
    public async Task A_new_user_is_a_member_that_is_signed_in()
    {
        using var response = await RegisterAsync("carol@example.com", "carol");
        using var carol = Service.WithToken((await response.JsonAsync()).GetProperty("accessToken").GetString()!);
        using var profile = await carol.GetAsync(response.Headers.Location);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await profile.JsonAsync()).GetProperty("roles").Strings(), Is.EqualTo(["member"]));
        Assert.That(
            await Database.ScalarAsync<string>("SELECT password_hash FROM auth.users WHERE username = 'carol'"), Does.Not.Contain("horse"));
    }

    [TestCase("ALICE@example.com", "alice2")]
    [TestCase("alice2@example.com", "alice")]
    public async Task An_address_or_a_name_that_is_taken_is_a_conflict(string email, string username)
    {
        using var response = await RegisterAsync(email, username);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task What_is_wrong_is_told_by_field()
    {
        using var response = await Anonymous.PostTextAsync("/auth/register", """{"email":"a b@example.com","username":"1","password":"short","displayName":"","phone":"x"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await response.JsonAsync()).GetProperty("errors").Names(), Is.EquivalentTo((string[])["email", "username", "password", "displayName", "phone"]));
    }

    [Test]
    public async Task The_address_is_no_password()
    {
        using var response = await Anonymous.PostAsJsonAsync("/auth/register", new { email = "dave@example.com", username = "dave", password = "Dave@example.com", displayName = "Dave" });

        Assert.That((await response.JsonAsync()).GetProperty("errors").Names(), Is.EqualTo(["password"]));
    }

    [TestCase("a\0\0\0\0\0\0\0\0\0\0\0", Description = "HMAC takes it for the password a.")]
    [TestCase("dave@example.com\0")]
    public async Task Nothing_makes_a_password_long_that_a_hash_does_not_see(string password)
    {
        using var response = await Anonymous.PostAsJsonAsync("/auth/register", new { email = "dave@example.com", username = "dave", password, displayName = "Dave" });

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await response.JsonAsync()).GetProperty("errors").Names(), Is.EqualTo(["password"]));
    }

    private Task<HttpResponseMessage> RegisterAsync(string email, string username) =>
        Anonymous.PostAsJsonAsync("/auth/register", new { email, username, password = Password, displayName = "Somebody New" });
}
