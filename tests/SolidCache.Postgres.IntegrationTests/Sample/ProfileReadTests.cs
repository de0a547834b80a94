using System.Net;
using System.Text;
using Npgsql;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class ProfileReadTests : SampleFixture
{
    private const string Path = "/users/1";
    private const string Key = "user_profile:1";

    [Test]
    public async Task Second_read_comes_from_the_cache()
    {
        using var first = await Admin.ReadAsync(Path);
        using var second = await Admin.ReadAsync(Path);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((first.StatusCode, first.Cache()), Is.EqualTo((HttpStatusCode.OK, "miss")));
            Assert.That((second.StatusCode, second.Cache()), Is.EqualTo((HttpStatusCode.OK, "hit")));
        }

        Assert.That(await second.Content.ReadAsStringAsync(), Is.EqualTo(await first.Content.ReadAsStringAsync()));
    }

    [Test]
    public async Task A_bypass_reads_the_database_and_leaves_the_cache_alone()
    {
        using var response = await Admin.ReadAsync(Path + "?useCache=false");

        Assert.That(response.Cache(), Is.EqualTo("bypass"));
        Assert.That(await CountEntriesAsync(Key), Is.Zero);
    }

    [Test]
    public async Task A_hit_shows_what_was_cached_and_a_bypass_what_is_stored()
    {
        using var miss = await Alice.ReadAsync("/users/2");
        await Database.ExecuteAsync("UPDATE auth.users SET phone = '+1 555 0199' WHERE id = 2");
        using var hit = await Alice.ReadAsync("/users/2");
        using var bypass = await Alice.ReadAsync("/users/2?useCache=false");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await hit.JsonAsync()).GetProperty("phone").GetString(), Is.EqualTo("+1 555 0101"));
            Assert.That((await bypass.JsonAsync()).GetProperty("phone").GetString(), Is.EqualTo("+1 555 0199"));
        }
    }

    [Test]
    public async Task The_profile_tells_who_the_user_is_and_what_it_may_do()
    {
        using var response = await Admin.ReadAsync(Path);
        var profile = await response.JsonAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(profile.Names(), Is.EqualTo(
                ["id", "email", "username", "display_name", "phone", "created_at", "updated_at", "roles", "permissions"]));
            Assert.That(profile.GetProperty("email").GetString(), Is.EqualTo("admin@example.com"));
            Assert.That(profile.GetProperty("roles").Strings(), Is.EqualTo(["admin"]));
            Assert.That(profile.GetProperty("permissions").Strings(), Is.EqualTo(["system:admin", "users:read", "users:write"]));
            Assert.That(profile.GetProperty("created_at").GetDateTimeOffset(), Is.EqualTo(DateTimeOffset.UtcNow).Within(10).Minutes);
        }
    }

    [Test]
    public async Task A_user_without_permissions_has_an_empty_list()
    {
        using var response = await Alice.ReadAsync("/users/2");
        var profile = await response.JsonAsync();

        Assert.That(profile.GetProperty("roles").Strings(), Is.EqualTo(["member"]));
        Assert.That(profile.GetProperty("permissions").GetArrayLength(), Is.Zero);
    }

    [TestCase("")]
    [TestCase("?useCache=false")]
    public async Task The_answer_tells_how_long_the_profile_took_and_keeps_out_of_http_caches(string query)
    {
        using var response = await Admin.ReadAsync(Path + query);

        Assert.That(response.Headers.GetValues("Server-Timing").Single(), Does.Match(@"^profile;dur=\d+\.\d\d$"));
        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
    }

    [Test]
    public async Task An_entry_lives_ten_minutes_however_often_it_is_read()
    {
        using var miss = await Admin.ReadAsync(Path);
        using var hit = await Admin.ReadAsync(Path);

        Assert.That(
            await Database.ScalarAsync<bool>(
                $"SELECT expires_at - created_at BETWEEN interval '9 minutes 50 seconds' AND interval '10 minutes' AND sliding_expiration IS NULL FROM solid_cache_entries WHERE key = '{Service.StoredKey(Key)}'"),
            Is.True);
    }

    [Test]
    public async Task An_expired_entry_is_a_miss_and_is_replaced()
    {
        using var first = await Admin.ReadAsync(Path);
        await ExpireAsync(Key);
        using var second = await Admin.ReadAsync(Path);
        using var third = await Admin.ReadAsync(Path);

        Assert.That((second.Cache(), third.Cache()), Is.EqualTo(("miss", "hit")));
    }

    [TestCase("""{"id":1,"email":"admin@example.com"}""")]
    [TestCase("not json")]
    public async Task An_entry_of_another_shape_is_a_miss_and_is_replaced(string value)
    {
        await using var command = Database.Source.CreateCommand(
            "INSERT INTO solid_cache_entries (key, value, expires_at) VALUES ($1, $2, now() + interval '5 minutes')");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Service.StoredKey(Key) });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Encoding.UTF8.GetBytes(value) });
        await command.ExecuteNonQueryAsync();

        using var first = await Admin.ReadAsync(Path);
        using var second = await Admin.ReadAsync(Path);

        Assert.That((first.Cache(), second.Cache()), Is.EqualTo(("miss", "hit")));
        Assert.That((await first.JsonAsync()).GetProperty("username").GetString(), Is.EqualTo("admin"));
    }

    [Test]
    public async Task An_unknown_user_is_not_found_and_not_cached()
    {
        using var response = await Admin.ReadAsync("/users/999");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(response.MediaType(), Is.EqualTo("application/problem+json"));
        Assert.That(await Service.Cache.ExistsAsync("user_profile:999"), Is.False);
    }

    [Test]
    public async Task Another_instance_of_the_service_finds_what_this_one_cached()
    {
        await using var otherService = new SampleService(Database.ConnectionString);
        using var otherAdmin = await otherService.SignInAsAdminAsync();

        using var miss = await Admin.ReadAsync(Path);
        using var hit = await otherAdmin.ReadAsync(Path);

        Assert.That((miss.Cache(), hit.Cache()), Is.EqualTo(("miss", "hit")));
    }
}
