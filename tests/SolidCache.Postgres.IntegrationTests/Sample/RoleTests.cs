using System.Net;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class RoleTests : SampleFixture
{
    [Test]
    public async Task The_list_is_cached_and_read_anew_when_it_is_not()
    {
        using var miss = await Alice.ReadAsync("/roles");
        using var hit = await Alice.ReadAsync("/roles");
        var roles = await hit.JsonAsync();

        Assert.That((miss.Cache(), hit.Cache()), Is.EqualTo(("miss", "hit")));
        Assert.That(roles.EnumerateArray().Select(role => role.GetProperty("name").GetString()), Is.EqualTo((string[])["admin", "member", "support"]));
        Assert.That(roles[0].GetProperty("permissions").Strings(), Is.EqualTo(["system:admin", "users:read", "users:write"]));
    }

    [TestCase("""{}""")]
    [TestCase("""{"roles":null}""")]
    [TestCase("""{"roles":[null]}""")]
    [TestCase("""{"roles":["emperor"]}""")]
    public async Task Roles_that_are_none_are_refused_and_change_nothing(string body)
    {
        using var response = await Admin.PutTextAsync("/users/2/roles", body);
        using var profile = await Admin.ReadAsync("/users/2?useCache=false");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await response.JsonAsync()).GetProperty("errors").Names(), Is.EqualTo(["roles"]));
        Assert.That((await profile.JsonAsync()).GetProperty("roles").Strings(), Is.EqualTo(["member"]));
    }

    [Test]
    public async Task The_last_administrator_keeps_the_role()
    {
        using var response = await Admin.PutTextAsync("/users/1/roles", """{"roles":[]}""");
        using var profile = await Admin.ReadAsync("/users/1?useCache=false");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That((await profile.JsonAsync()).GetProperty("roles").Strings(), Is.EqualTo(["admin"]));
    }

    [Test]
    public async Task Two_administrators_that_dismiss_each_other_at_once_leave_one()
    {
        using var promote = await Admin.PutTextAsync("/users/2/roles", """{"roles":["admin"]}""");
        var answers = await Task.WhenAll(
            Admin.PutTextAsync("/users/2/roles", """{"roles":["member"]}"""), Admin.PutTextAsync("/users/1/roles", """{"roles":["member"]}"""));
        var codes = answers.Select(answer => answer.StatusCode).Order();
        Array.ForEach(answers, answer => answer.Dispose());
        var left = await Database.ScalarAsync<long>("SELECT count(*) FROM auth.user_roles JOIN auth.roles ON roles.id = role_id WHERE name = 'admin'");
        await Database.ExecuteAsync("UPDATE auth.user_roles SET role_id = roles.id FROM auth.roles WHERE name = CASE user_id WHEN 1 THEN 'admin' ELSE 'member' END");

        // The second is refused: one that took the last role, or one asked by who had just lost it.
        Assert.That(codes, Is.EqualTo((HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict]).Or.EqualTo((HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Forbidden]));
        Assert.That(left, Is.EqualTo(1));
    }

    [Test]
    public async Task A_change_of_roles_waits_for_another_that_is_not_committed()
    {
        await using var held = await HeldLock.TakeAsync(Database.Source, "SELECT FROM auth.permissions WHERE name = 'system:admin' FOR NO KEY UPDATE");
        var change = Admin.PutTextAsync("/users/2/roles", """{"roles":["member"]}""");
        await Eventually.TrueAsync(
            () => Database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"), "it waits");
        await held.DisposeAsync();
        using var response = await change;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Nobody_but_an_administrator_gives_roles()
    {
        using var alice = await Alice.PutTextAsync("/users/2/roles", """{"roles":["admin"]}""");
        using var nobody = await Anonymous.PutTextAsync("/users/2/roles", """{"roles":["admin"]}""");

        Assert.That((alice.StatusCode, nobody.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized)));
    }

    [Test]
    public async Task Who_lost_the_role_does_not_take_it_back_with_a_token_of_before()
    {
        using var promote = await Admin.PutTextAsync("/users/2/roles", """{"roles":["admin"]}""");
        using var former = await Service.SignInAsAliceAsync();
        using var dismiss = await Admin.PutTextAsync("/users/2/roles", """{"roles":["member"]}""");

        using var response = await former.PutTextAsync("/users/2/roles", """{"roles":["admin"]}""");
        using var profile = await Admin.ReadAsync("/users/2?useCache=false");

        Assert.That((promote.StatusCode, dismiss.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await profile.JsonAsync()).GetProperty("roles").Strings(), Is.EqualTo(["member"]));
    }

    [Test]
    public async Task An_unknown_user_has_no_roles()
    {
        using var response = await Admin.PutTextAsync("/users/999/roles", """{"roles":["member"]}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }
}
