using System.Net;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class UserListTests : SampleFixture
{
    [Test]
    public async Task Pages_hold_every_user_once_in_the_order_of_their_ids()
    {
        using var first = await Admin.ReadAsync("/users?page=1&pageSize=1");
        using var second = await Admin.ReadAsync("/users?page=2&pageSize=1");
        using var third = await Admin.ReadAsync("/users?page=3&pageSize=1");
        var page = await first.JsonAsync();

        Assert.That(page.Names(), Is.EqualTo(["users", "page", "page_size", "total_users", "total_pages"]));
        Assert.That(page.GetProperty("total_pages").GetInt64(), Is.EqualTo(2));
        Assert.That(page.GetProperty("users")[0].GetProperty("email").GetString(), Is.EqualTo("admin@example.com"));
        Assert.That((await second.JsonAsync()).GetProperty("users")[0].GetProperty("email").GetString(), Is.EqualTo("alice@example.com"));
        Assert.That((await third.JsonAsync()).GetProperty("users").GetArrayLength(), Is.Zero);
    }

    [TestCase("page=0", "page")]
    [TestCase("page=1000001", "page")]
    [TestCase("pageSize=0", "pageSize")]
    [TestCase("pageSize=101", "pageSize")]
    public async Task A_page_that_there_cannot_be_is_refused(string query, string name)
    {
        using var response = await Admin.ReadAsync($"/users?{query}");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await response.JsonAsync()).GetProperty("errors").Names(), Is.EqualTo([name]));
    }

    [Test]
    public async Task Who_may_not_read_users_gets_no_list()
    {
        using var response = await Alice.ReadAsync("/users");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }
}
