using System.Net;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>A change clears what it made stale, in both caches and for every instance of the service.</summary>
public sealed class InvalidationTests : SampleFixture
{
    [Test]
    public async Task An_update_of_the_profile_clears_both_caches()
    {
        using var first = await Admin.ReadAsync("/users/2");
        using var update = await Alice.PutTextAsync("/users/2", """{"displayName":"Alice B."}""");
        using var second = await Admin.ReadAsync("/users/2");

        Assert.That((second.Cache(), second.PermissionsCache()), Is.EqualTo(("miss", "miss")));
        Assert.That((await second.JsonAsync()).GetProperty("display_name").GetString(), Is.EqualTo("Alice B."));
    }

    [Test]
    public async Task A_change_of_roles_clears_both_caches_for_all_instances()
    {
        await using var otherService = new SampleService(Database.ConnectionString);
        using var otherAdmin = await otherService.SignInAsAdminAsync();
        using var cached = await otherAdmin.ReadAsync("/users/2");
        using var change = await Admin.PutTextAsync("/users/2/roles", """{"roles":["member","support"]}""");
        using var after = await otherAdmin.ReadAsync("/users/2");
        using var back = await Admin.PutTextAsync("/users/2/roles", """{"roles":["member"]}""");

        Assert.That(change.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(after.Cache(), Is.EqualTo("miss"));
        var profile = await after.JsonAsync();
        Assert.That(profile.GetProperty("roles").Strings(), Is.EqualTo(["member", "support"]));
        Assert.That(profile.GetProperty("permissions").Strings(), Is.EqualTo(["users:read"]));
    }

    [Test]
    public async Task A_profile_that_was_read_before_an_update_does_not_stay_after_it()
    {
        // Many updates and reads at once: whatever the order, what is cached in the end is what is stored.
        for (var round = 0; round < 20; round++)
        {
            var name = $"Alice {round}";
            await Task.WhenAll(
                [.. Enumerable.Range(0, 4).Select(_ => ReadAsync()), UpdateAsync(name), .. Enumerable.Range(0, 4).Select(_ => ReadAsync())]);
            using var cached = await Alice.ReadAsync("/users/2");
            Assert.That((await cached.JsonAsync()).GetProperty("display_name").GetString(), Is.EqualTo(name));
        }

        async Task ReadAsync()
        {
            using var response = await Alice.ReadAsync("/users/2");
            response.EnsureSuccessStatusCode();
        }

        async Task UpdateAsync(string name)
        {
            using var response = await Alice.PutTextAsync("/users/2", $$"""{"displayName":"{{name}}"}""");
            response.EnsureSuccessStatusCode();
        }
    }
}
