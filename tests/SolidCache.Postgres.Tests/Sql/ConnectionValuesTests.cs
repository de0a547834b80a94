using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>Which messages of a server are shown: not those that repeat a user or a database in which a password may stand.</summary>
public sealed class ConnectionValuesTests
{
    [TestCase("""password authentication failed for user "me:hunter2" """)]
    [TestCase("""password authentication failed for user "me:hunter 2" """)]
    [TestCase("Passwort-Authentifizierung für Benutzer »me:hunter2« fehlgeschlagen")]
    [TestCase("""no pg_hba.conf entry for host "::1", user "me:hunter2", database "app", no encryption""")]
    [TestCase("""role "me Password=hunter2" does not exist""")]
    [TestCase("""database "postgresql://me:hunter2@h/app" does not exist""")]
    [TestCase("""role "me Password＝hunter2" does not exist""")]
    [TestCase("""role "me Password->hunter2" does not exist""")]
    [TestCase("""password authentication failed for user "me: hunter2" """)]
    [TestCase("""password authentication failed for user "me :hunter2" """)]
    [TestCase("""password authentication failed for user ":hunter2" """)]
    [TestCase("Passwort-Authentifizierung für Benutzer »me: hunter2« fehlgeschlagen")]
    [TestCase("no such user: me:hunter2")]
    [TestCase("""role "me;hunter2" does not exist""")]
    public void A_name_that_may_hold_a_password_is_not_told(string message) =>
        Assert.That(ConnectionValues.Told("28P01", message), Does.StartWith("(what it says is not shown").And.Not.Contain("hunter"));

    [TestCase("""password authentication failed for user "me" """)]
    [TestCase("""no pg_hba.conf entry for host "2001:db8::1", user "me", database "app", no encryption""")]
    [TestCase("""no pg_hba.conf entry for host "fe80::1%2", user "me", database "app", no encryption""")]
    [TestCase("no such user: me")]
    [TestCase("authentification par mot de passe échouée pour l'utilisateur « me »")]
    [TestCase("""no PostgreSQL user name specified in startup packet: "me" """)]
    [TestCase("FATAL: SASL authentication failed (SQLSTATE 28P01)")]
    public void Any_other_is(string message) => Assert.That(ConnectionValues.Told("28P01", message), Is.EqualTo(message));
}
