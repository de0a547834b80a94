using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>What changes the version of a shape, and what does not.</summary>
public sealed class KeyVersionTests
{
    private static readonly string Base = Of<KeyVersionShapes.Base>();

    [Test]
    public void A_version_has_eight_hexadecimal_digits_and_goes_into_a_key_prefix()
    {
        Assert.That(Base, Does.Match("^[0-9a-f]{8}$"));
        Assert.That(() => new SolidCache.Postgres.Entries.KeySpace($"auth-{Base}"), Throws.Nothing);
    }

    /// <summary>A literal: another process, machine or framework version must come to the same.</summary>
    [Test]
    public void The_same_shape_has_the_same_version_everywhere() => Assert.That(Base, Is.EqualTo("5d012e03"));

    [Test]
    public void Reflection_and_source_generation_agree() =>
        Assert.That(SolidCacheKeyVersion.Of(PersonContext.Default.Person), Is.EqualTo(Of<Person>()));

    [TestCase(typeof(KeyVersionShapes.Reordered), TestName = "The order of properties")]
    [TestCase(typeof(KeyVersionShapes.OtherTypeName), TestName = "The name of the type")]
    [TestCase(typeof(KeyVersionShapes.WithIgnored), TestName = "A property that is not in the JSON")]
    public void Does_not_change_the_version(Type shape) => Assert.That(Of(shape), Is.EqualTo(Base));

    [TestCase(typeof(KeyVersionShapes.Renamed), TestName = "Another name")]
    [TestCase(typeof(KeyVersionShapes.Retyped), TestName = "Another type")]
    [TestCase(typeof(KeyVersionShapes.Added), TestName = "One property more")]
    [TestCase(typeof(KeyVersionShapes.Removed), TestName = "One property less")]
    [TestCase(typeof(KeyVersionShapes.Nullable), TestName = "A number that may be null")]
    [TestCase(typeof(KeyVersionShapes.NullableText), TestName = "A text that may be null")]
    [TestCase(typeof(KeyVersionShapes.Required), TestName = "A property that is required")]
    [TestCase(typeof(KeyVersionShapes.NestedChange), TestName = "A change within a nested type")]
    [TestCase(typeof(KeyVersionShapes.ListOfOther), TestName = "Another type of element")]
    [TestCase(typeof(KeyVersionShapes.DictionaryOfOther), TestName = "Another type of value in a dictionary")]
    [TestCase(typeof(KeyVersionShapes.OtherEnum), TestName = "Another member of an enum")]
    [TestCase(typeof(KeyVersionShapes.OtherConverter), TestName = "A converter")]
    public void Changes_the_version(Type shape) => Assert.That(Of(shape), Is.Not.EqualTo(Base));

    [Test]
    public void A_type_that_holds_itself_has_a_version() => Assert.That(Of<KeyVersionShapes.Tree>(), Is.Not.EqualTo(Of<KeyVersionShapes.OtherTree>()));

    [Test]
    public void A_derived_type_counts() => Assert.That(Of<KeyVersionShapes.Shape>(), Is.Not.EqualTo(Of<KeyVersionShapes.ShapeWithMore>()));

    [Test]
    public void Several_shapes_have_a_version_together() =>
        Assert.That(SolidCacheKeyVersion.Of(Info(typeof(Person)), Info(typeof(int))), Is.Not.EqualTo(SolidCacheKeyVersion.Of(Info(typeof(Person)), Info(typeof(long)))));

    [Test]
    public void No_shape_has_no_version() => Assert.That(() => SolidCacheKeyVersion.Of(), Throws.ArgumentException.With.Message.Contains("At least one shape"));

    private static string Of<T>() => Of(typeof(T));

    private static string Of(Type type) => SolidCacheKeyVersion.Of(Info(type));

    private static JsonTypeInfo Info(Type type) => JsonSerializerOptions.Web.GetTypeInfo(type);
}
