using System.Net;
using System.Net.Http.Json;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class AuthorizationTests : SampleFixture
{
    [TestCase("GET", "/users/1")]
    [TestCase("PUT", "/users/1")]
    [TestCase("GET", "/metrics/solid-cache")]
    [TestCase("POST", "/admin/cache/cleanup")]
    public async Task Nobody_gets_in_without_a_token(string method, string path)
    {
        using var response = await Anonymous.SendTextAsync(new HttpMethod(method), path, """{"displayName":"x"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
    }

    [TestCase("GET", "/users/1")]
    [TestCase("PUT", "/users/1")]
    [TestCase("GET", "/users/999", Description = "Not even whether the user exists.")]
    [TestCase("POST", "/admin/cache/cleanup")]
    public async Task A_user_without_the_permission_is_turned_away(string method, string path)
    {
        using var response = await Alice.SendTextAsync(new HttpMethod(method), path, """{"displayName":"x"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task A_user_may_read_and_change_itself()
    {
        using var read = await Alice.ReadAsync("/users/2");
        using var update = await Alice.PutAsJsonAsync("/users/2", new { displayName = "Alice" });

        Assert.That((read.StatusCode, update.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task An_administrator_may_read_and_change_others()
    {
        using var read = await Admin.ReadAsync("/users/2");
        using var update = await Admin.PutAsJsonAsync("/users/2", new { displayName = "Alice" });

        Assert.That((read.StatusCode, update.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task A_role_gives_its_permissions_with_the_next_token_though_the_profile_was_cached()
    {
        using var cached = await Alice.ReadAsync("/users/2");
        await Database.ExecuteAsync("INSERT INTO auth.user_roles SELECT 2, id FROM auth.roles WHERE name = 'support'");
        using var support = await Service.SignInAsAliceAsync();
        await Database.ExecuteAsync("DELETE FROM auth.user_roles WHERE user_id = 2 AND role_id = (SELECT id FROM auth.roles WHERE name = 'support')");
        using var formerSupport = await Service.SignInAsAliceAsync();

        using var read = await support.ReadAsync("/users/1");
        using var update = await support.PutAsJsonAsync("/users/1", new { displayName = "x" });
        using var readLater = await formerSupport.ReadAsync("/users/1");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(read.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(update.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That(readLater.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        }
    }
}
