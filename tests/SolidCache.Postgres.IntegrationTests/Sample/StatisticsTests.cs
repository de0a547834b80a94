using System.Net;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class StatisticsTests : SampleFixture
{
    [Test]
    public async Task Figures_come_from_the_nearest_tier_that_has_them()
    {
        using var first = await Admin.ReadAsync("/statistics/users");
        var counted = await first.JsonAsync();
        await CachedAsync();
        await EmptyCacheAsync();
        using var fromMemory = await Admin.ReadAsync("/statistics/users");

        await using var otherService = new SampleService(Database.ConnectionString);
        using var otherAdmin = await otherService.SignInAsAdminAsync();
        using var fromDatabase = await otherAdmin.ReadAsync("/statistics/users");
        await CachedAsync();
        await using var thirdService = new SampleService(Database.ConnectionString);
        using var thirdAdmin = await thirdService.SignInAsAdminAsync();
        using var fromSolidCache = await thirdAdmin.ReadAsync("/statistics/users");

        Assert.That(counted.Names(), Is.EqualTo(["total_users", "new_users_in_last30_days", "sessions_in_last24_hours", "users_by_role", "counted_at"]));
        Assert.That(counted.GetProperty("users_by_role").GetProperty("admin").GetInt64(), Is.EqualTo(1));
        var (one, two, three, four) = (counted.GetProperty("counted_at").GetDateTimeOffset(), await AtAsync(fromMemory), await AtAsync(fromDatabase), await AtAsync(fromSolidCache));
        Assert.That(two, Is.EqualTo(one));
        Assert.That(three, Is.GreaterThan(one));
        Assert.That(four, Is.EqualTo(three));
    }

    [Test]
    public async Task Who_may_not_read_users_gets_no_figures()
    {
        using var response = await Alice.ReadAsync("/statistics/users");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    /// <summary>HybridCache fills its second tier behind the answer.</summary>
    private Task CachedAsync() => Eventually.TrueAsync(async () => await CountEntriesAsync("user_statistics") == 1, "the second tier has the figures too");

    private static async Task<DateTimeOffset> AtAsync(HttpResponseMessage response) =>
        (await response.JsonAsync()).GetProperty("counted_at").GetDateTimeOffset();
}
