using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SolidCache.Postgres.IntegrationTests.Sample;

public sealed class TokenTests : SampleFixture
{
    [Test]
    public async Task A_token_made_as_the_service_makes_them_is_believed() =>
        Assert.That(await TryAsync(Token()), Is.EqualTo(HttpStatusCode.OK));

    [Test]
    public async Task A_token_signed_with_another_key_is_refused() =>
        Assert.That(await TryAsync(Token(key: "another key that is long enough for it")), Is.EqualTo(HttpStatusCode.Unauthorized));

    [TestCase(SecurityAlgorithms.HmacSha384)]
    [TestCase(SecurityAlgorithms.HmacSha512)]
    public async Task A_token_signed_with_another_algorithm_is_refused(string algorithm) =>
        Assert.That(await TryAsync(Token(algorithm: algorithm)), Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public async Task A_token_without_a_signature_is_refused()
    {
        var header = Base64UrlEncoder.Encode("""{"alg":"none","typ":"at+jwt"}""");
        var payload = Token().Split('.')[1];

        Assert.That(await TryAsync($"{header}.{payload}."), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_token_whose_content_was_changed_is_refused()
    {
        var parts = Token(subject: "2").Split('.');
        var changed = Base64UrlEncoder.Decode(parts[1]).Replace("\"sub\":\"2\"", "\"sub\":\"1\"", StringComparison.Ordinal);

        Assert.That(await TryAsync($"{parts[0]}.{Base64UrlEncoder.Encode(changed)}.{parts[2]}"), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("00:16:00")]
    [TestCase("00:15:02")]
    public async Task An_expired_token_is_refused(string age) =>
        Assert.That(await TryAsync(Token(age: TimeSpan.Parse(age, CultureInfo.InvariantCulture))), Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public void A_token_is_believed_at_once_by_an_instance_whose_clock_is_behind()
    {
        var token = new JsonWebTokenHandler().ReadJsonWebToken(Alice.DefaultRequestHeaders.Authorization!.Parameter);

        Assert.That(token.IssuedAt - token.ValidFrom, Is.EqualTo(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public async Task A_token_from_the_future_is_refused() =>
        Assert.That(await TryAsync(Token(age: TimeSpan.FromMinutes(-5))), Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public async Task A_token_of_another_issuer_is_refused() =>
        Assert.That(await TryAsync(Token(issuer: "another-service")), Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public async Task A_token_for_another_audience_is_refused() =>
        Assert.That(await TryAsync(Token(audience: "another-service")), Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public async Task A_token_for_another_purpose_is_refused() =>
        Assert.That(await TryAsync(Token(type: "JWT")), Is.EqualTo(HttpStatusCode.Unauthorized));

    [TestCase("""["urn:example:unknown"]""")]
    [TestCase("[]")]
    [TestCase("true")]
    public async Task A_token_whose_header_names_what_must_be_understood_is_refused(string critical)
    {
        var payload = Token().Split('.')[1];
        var signed = $"{Base64UrlEncoder.Encode($$"""{"alg":"HS256","typ":"at+jwt","crit":{{critical}}}""")}.{payload}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(SampleService.SigningKey), Encoding.ASCII.GetBytes(signed));

        Assert.That(await TryAsync($"{signed}.{Base64UrlEncoder.Encode(signature)}"), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("alice")]
    [TestCase("")]
    [TestCase("1.5")]
    [TestCase("99999999999999999999")]
    public async Task A_token_whose_subject_is_no_users_id_is_refused(string subject)
    {
        using var client = Service.WithToken(Token(subject: subject));
        using var read = await client.ReadAsync("/roles");
        using var change = await client.PostTextAsync("/auth/change-password", """{"currentPassword":"the first password","newPassword":"the second password"}""");

        Assert.That((read.StatusCode, change.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
    }

    [TestCase("")]
    [TestCase("not.a.token")]
    public async Task What_is_no_token_is_refused(string text) =>
        Assert.That(await TryAsync(text), Is.EqualTo(HttpStatusCode.Unauthorized));

    private static string Token(
        string key = SampleService.SigningKey,
        string algorithm = SecurityAlgorithms.HmacSha256,
        string issuer = "auth-service",
        string audience = "auth-service",
        string type = "at+jwt",
        string subject = "1",
        TimeSpan age = default)
    {
        var issued = DateTime.UtcNow - age;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            TokenType = type,
            IssuedAt = issued,
            NotBefore = issued,
            Expires = issued + TimeSpan.FromMinutes(15),
            Claims = new Dictionary<string, object> { ["sub"] = subject, ["permissions"] = Array.Empty<string>() },
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(key)), algorithm),
        });
    }

    private async Task<HttpStatusCode> TryAsync(string token)
    {
        using var client = Service.WithToken(token);
        using var response = await client.ReadAsync("/users/1");
        return response.StatusCode;
    }
}
