using System.Net;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class CacheAdministrationTests : SampleFixture
{
    [Test]
    public async Task Statistics_count_entries_and_bytes_for_every_user()
    {
        using var first = await Admin.ReadAsync("/users/1");
        using var second = await Admin.ReadAsync("/users/2");
        await ExpireAsync("user_profile:2");

        using var response = await Alice.ReadAsync("/metrics/solid-cache");
        var statistics = await response.JsonAsync();
        var bytes = statistics.GetProperty("total_size_bytes").GetInt64();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(statistics.Names(), Is.EqualTo(["total_entries", "expired_entries", "total_size_bytes", "total_size_kb"]));
            Assert.That(statistics.GetProperty("total_entries").GetInt64(), Is.EqualTo(2));
            Assert.That(statistics.GetProperty("expired_entries").GetInt64(), Is.EqualTo(1));
            Assert.That(bytes, Is.EqualTo(await Database.ScalarAsync<long>("SELECT pg_total_relation_size('solid_cache_entries')")));
            Assert.That(statistics.GetProperty("total_size_kb").GetDouble(), Is.EqualTo(bytes / 1024.0).Within(0.1));
        }
    }

    [Test]
    public async Task A_cleanup_removes_expired_profiles_and_no_others()
    {
        using var first = await Admin.ReadAsync("/users/1");
        using var second = await Admin.ReadAsync("/users/2");
        await ExpireAsync("user_profile:2");

        using var response = await Admin.PostTextAsync("/admin/cache/cleanup", "");
        using var again = await Admin.PostTextAsync("/admin/cache/cleanup", "");
        var (reply, replyAgain) = (await response.JsonAsync(), await again.JsonAsync());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(reply.Names(), Is.EqualTo(["deleted_count"]));
            Assert.That(reply.GetProperty("deleted_count").GetInt64(), Is.EqualTo(1));
            Assert.That(replyAgain.GetProperty("deleted_count").GetInt64(), Is.Zero);
            Assert.That(await CountEntriesAsync("user_profile:2"), Is.Zero);
            Assert.That(await CountEntriesAsync("user_profile:1"), Is.EqualTo(1));
        }
    }
}
