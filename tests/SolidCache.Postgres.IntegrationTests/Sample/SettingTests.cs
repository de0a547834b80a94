using System.Net;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class SettingTests : SampleFixture
{
    [Test]
    public async Task A_change_is_read_at_once()
    {
        using var miss = await Alice.ReadAsync("/settings");
        using var hit = await Alice.ReadAsync("/settings");
        using var change = await Admin.PutTextAsync("/settings/maintenance_notice", """{"value":"Back at noon"}""");
        using var after = await Alice.ReadAsync("/settings");

        Assert.That((miss.Cache(), hit.Cache(), after.Cache()), Is.EqualTo(("miss", "hit", "miss")));
        Assert.That(change.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await after.JsonAsync())[0].GetProperty("value").GetString(), Is.EqualTo("Back at noon"));
    }

    [TestCase("/settings/none", """{"value":"x"}""", HttpStatusCode.NotFound)]
    [TestCase("/settings/support_email", """{}""", HttpStatusCode.BadRequest)]
    [TestCase("/settings/support_email", """{"value":"\u0000"}""", HttpStatusCode.BadRequest)]
    public async Task A_change_that_cannot_be_made_is_refused(string path, string body, HttpStatusCode expected)
    {
        using var response = await Admin.PutTextAsync(path, body);

        Assert.That(response.StatusCode, Is.EqualTo(expected));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task Nobody_but_an_administrator_changes_settings()
    {
        using var response = await Alice.PutTextAsync("/settings/support_email", """{"value":"me@example.com"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }
}
