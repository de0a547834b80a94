using System.Net;
using System.Text.Json;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>
/// No order of slow reads, changes and ends of either leaves in the cache what was read before a change. Locks of the test's own hold up each of them where it matters.
/// </summary>
public sealed class StaleReadTests : SampleFixture
{
    private const string Profile = "/users/2";

    [SetUp]
    public async Task ChangeBackAsync()
    {
        using var update = await Alice.PutTextAsync(Profile, """{"displayName":"Old"}""");
        await Database.ExecuteAsync("UPDATE auth.settings SET value = 'Old' WHERE name = 'maintenance_notice'");
    }

    [Test]
    public async Task A_profile_that_was_read_before_an_update_is_not_served_after_it()
    {
        // The slow reader has read the user and waits for the permissions; the update is committed, and waits for them too, for its answer.
        await using var permissions = await HeldLock.TakeAsync(Database.Source, "LOCK TABLE auth.role_permissions");
        var slow = Admin.ReadAsync(Profile);
        await WaitersAsync(1);
        var update = Alice.PutTextAsync(Profile, """{"displayName":"New"}""");
        await WaitersAsync(2);
        Assert.That(await StoredNameAsync(), Is.EqualTo("New"));

        // From here on it cannot look whether the user was changed meanwhile: as if its process ended once it has stored what it read.
        await using var users = await HeldLock.TakeAsync(Database.Source, "LOCK TABLE auth.users");
        await permissions.DisposeAsync();
        (await update).Dispose();
        await Eventually.TrueAsync(async () => slow.IsCompleted || await CountWaitersAsync() == 1, "the slow reader has done what it can");
        var next = Admin.ReadAsync(Profile);
        await Eventually.TrueAsync(async () => next.IsCompleted || await CountWaitersAsync() == (slow.IsCompleted ? 1 : 2), "the next reader is served, or reads the user");
        await users.DisposeAsync();

        using var old = await slow;
        Assert.That(await NameInAsync(await next), Is.EqualTo("New"));
        Assert.That(await NameInAsync(await Admin.ReadAsync(Profile)), Is.EqualTo("New"));
    }

    [Test]
    public async Task A_list_that_was_read_before_a_change_is_not_served_after_it([Values] bool isChangedByTheService)
    {
        // The first query waits once it has its snapshot.
        await Database.ExecuteAsync(
            """
            ALTER TABLE auth.settings RENAME TO settings_rows;
            CREATE VIEW auth.settings AS
              SELECT *
              FROM auth.settings_rows
              WHERE CASE WHEN pg_try_advisory_xact_lock(1) THEN pg_advisory_xact_lock(2) IS NOT NULL ELSE true END
            """);
        try
        {
            await using var reading = await HeldLock.TakeAsync(Database.Source, "SELECT pg_advisory_xact_lock(2)");
            var slow = Alice.ReadAsync("/settings");
            await WaitersAsync(1);
            if (isChangedByTheService)
            {
                using var change = await Admin.PutTextAsync("/settings/maintenance_notice", """{"value":"New"}""");
                Assert.That(change.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            }
            else
            {
                await Database.ExecuteAsync("UPDATE auth.settings_rows SET value = 'New' WHERE name = 'maintenance_notice'");
            }

            await reading.DisposeAsync();
            Assert.That(NoticeIn(await slow), Is.EqualTo("Old"), "It began before the change.");
            Assert.That(NoticeIn(await Alice.ReadAsync("/settings")), Is.EqualTo("New"));
        }
        finally
        {
            await Database.ExecuteAsync("DROP VIEW auth.settings; ALTER TABLE auth.settings_rows RENAME TO settings");
        }
    }

    [Test]
    public async Task An_update_and_its_removal_happen_both_or_neither([Values] bool isCommitted)
    {
        using var cached = await Admin.ReadAsync(Profile);
        var entry = await HeldLock.TakeAsync(Database.Source, $"SELECT FROM solid_cache_entries WHERE key = '{Service.StoredKey("user_profile:2")}' FOR UPDATE");
        await using var held = entry;
        using var hangingUp = new CancellationTokenSource();
        var update = Alice.PutTextAsync(Profile, """{"displayName":"New"}""", hangingUp.Token);
        await WaitersAsync(1);
        Assert.That(await StoredNameAsync(), Is.EqualTo("Old"), "What cannot be removed yet is not changed yet.");

        if (isCommitted)
        {
            await entry.DisposeAsync();
            (await update).Dispose();
        }
        else
        {
            await hangingUp.CancelAsync();
            Assert.That(async () => await update, Throws.InstanceOf<OperationCanceledException>());
            await WaitersAsync(0);
            await entry.DisposeAsync();
        }

        using var read = await Admin.ReadAsync(Profile);
        Assert.That((read.Cache(), await NameInAsync(read), await StoredNameAsync()), Is.EqualTo(isCommitted ? ("miss", "New", "New") : ("hit", "Old", "Old")));
    }

    [Test]
    public async Task A_setting_that_is_changed_in_psql_is_read_at_once([Values] bool isCommitted)
    {
        using var cached = await Alice.ReadAsync("/settings");
        await Database.ExecuteAsync($"BEGIN; UPDATE auth.settings SET value = 'New' WHERE name = 'maintenance_notice'; {(isCommitted ? "COMMIT" : "ROLLBACK")}");
        using var read = await Alice.ReadAsync("/settings");

        Assert.That((read.Cache(), NoticeIn(read)), Is.EqualTo(isCommitted ? ("miss", "New") : ("hit", "Old")));
    }

    private static async Task<string?> NameInAsync(HttpResponseMessage answer) => (await answer.JsonAsync()).GetProperty("display_name").GetString();

    private static string? NoticeIn(HttpResponseMessage answer)
    {
        using var settings = JsonDocument.Parse(answer.Content.ReadAsStream());
        return settings.RootElement[0].GetProperty("value").GetString();
    }

    private Task<string> StoredNameAsync() => Database.ScalarAsync<string>("SELECT display_name FROM auth.users WHERE id = 2");

    private Task<long> CountWaitersAsync() =>
        Database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");

    private Task WaitersAsync(int count) => Eventually.TrueAsync(async () => await CountWaitersAsync() == count, $"{count} wait for locks");
}
