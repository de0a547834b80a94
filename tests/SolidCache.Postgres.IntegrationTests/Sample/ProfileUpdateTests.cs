using System.Net;
using System.Net.Http.Json;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class ProfileUpdateTests : SampleFixture
{
    private const string Path = "/users/2";

    [Test]
    public async Task An_update_removes_the_cached_profile_so_that_the_next_read_shows_it()
    {
        using var cached = await Alice.ReadAsync(Path);
        var name = $"Alice {Guid.NewGuid():N}";
        using var update = await Alice.PutAsJsonAsync(Path, new { displayName = name, phone = "+1 555 0142" });
        using var next = await Alice.ReadAsync(Path);
        using var last = await Alice.ReadAsync(Path);
        var (updated, read) = (await update.JsonAsync(), await next.JsonAsync());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(update.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((next.Cache(), last.Cache()), Is.EqualTo(("miss", "hit")));
            Assert.That(updated.GetProperty("display_name").GetString(), Is.EqualTo(name));
            Assert.That(read.GetProperty("display_name").GetString(), Is.EqualTo(name));
            Assert.That(read.GetProperty("phone").GetString(), Is.EqualTo("+1 555 0142"));
            Assert.That(read.GetProperty("updated_at").GetDateTimeOffset(), Is.GreaterThan(read.GetProperty("created_at").GetDateTimeOffset()));
        }
    }

    [Test]
    public async Task An_update_on_one_instance_is_seen_on_another()
    {
        await using var otherService = new SampleService(Database.ConnectionString);
        using var otherAlice = await otherService.SignInAsAliceAsync();
        var name = $"Alice {Guid.NewGuid():N}";

        using var cached = await otherAlice.ReadAsync(Path);
        using var update = await Alice.PutAsJsonAsync(Path, new { displayName = name });
        using var read = await otherAlice.ReadAsync(Path);

        Assert.That((await read.JsonAsync()).GetProperty("display_name").GetString(), Is.EqualTo(name));
    }

    [Test]
    public async Task An_update_leaves_the_other_users_in_the_cache()
    {
        using var cached = await Admin.ReadAsync("/users/1");
        using var update = await Alice.PutAsJsonAsync(Path, new { displayName = "Alice" });
        using var read = await Admin.ReadAsync("/users/1");

        Assert.That(read.Cache(), Is.EqualTo("hit"));
    }

    [Test]
    public async Task A_phone_that_is_left_out_is_removed()
    {
        using var update = await Alice.PutAsJsonAsync(Path, new { displayName = "Alice" });

        Assert.That((await update.JsonAsync()).GetProperty("phone").GetString(), Is.Null);
    }

    [TestCase("""{}""", "displayName")]
    [TestCase("""{"displayName":"  ","phone":"+1 555 0100"}""", "displayName")]
    [TestCase("""{"displayName":"Al\u0000ice","phone":"call me"}""", "displayName", "phone")]
    [TestCase("""{"displayName":"Alice","phone":"1\n2345"}""", "phone")]
    public async Task An_update_that_cannot_be_is_told_why_and_changes_nothing(string body, params string[] names)
    {
        using var before = await Alice.ReadAsync(Path);
        using var update = await Alice.PutTextAsync(Path, body);
        using var after = await Alice.ReadAsync(Path + "?useCache=false");

        Assert.That(update.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await update.JsonAsync()).GetProperty("errors").Names(), Is.EqualTo(names));
        Assert.That(await after.Content.ReadAsStringAsync(), Is.EqualTo(await before.Content.ReadAsStringAsync()));
    }

    [Test]
    public async Task A_name_of_more_than_a_hundred_characters_is_refused()
    {
        using var longest = await Alice.PutAsJsonAsync(Path, new { displayName = new string('x', 100) });
        using var tooLong = await Alice.PutAsJsonAsync(Path, new { displayName = new string('x', 101) });

        Assert.That((longest.StatusCode, tooLong.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.BadRequest)));
    }

    [Test]
    public async Task An_unknown_user_is_not_found()
    {
        using var update = await Admin.PutAsJsonAsync("/users/999", new { displayName = "Nobody" });

        Assert.That(update.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }
}
