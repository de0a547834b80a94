using System.Text.Json;
using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>How enums and numbers are written is a part of the version: one that expects 1 cannot read "Admin".</summary>
public sealed class KeyVersionWritingTests
{
    private static readonly JsonSerializerOptions Numbers = JsonSerializerOptions.Web;

    [Test]
    public void Enums_in_words_by_options_are_another_version() =>
        Assert.That(Of<KeyVersionWritings.OfNumbers>(With(new JsonStringEnumConverter())), Is.Not.EqualTo(Of<KeyVersionWritings.OfNumbers>(Numbers)));

    [Test]
    public void The_same_words_are_the_same_version_whether_options_or_the_property_say_so() =>
        Assert.That(Of<KeyVersionWritings.OfWords>(Numbers), Is.EqualTo(Of<KeyVersionWritings.OfNumbers>(With(new JsonStringEnumConverter()))));

    [Test]
    public void Another_naming_policy_of_enums_is_another_version() =>
        Assert.That(
            Of<KeyVersionWritings.OfNumbers>(With(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower))),
            Is.Not.EqualTo(Of<KeyVersionWritings.OfNumbers>(With(new JsonStringEnumConverter()))));

    [Test]
    public void A_converter_on_the_enum_or_a_name_of_a_member_counts() =>
        Assert.That(
            (string[])[Of<KeyVersionWritings.Role>(Numbers), Of<KeyVersionWritings.WordRole>(Numbers), Of<KeyVersionWritings.RenamedRole>(Numbers)], Is.Unique);

    [Test]
    public void A_converter_on_a_property_that_may_be_null_counts()
    {
        Assert.That(Of<KeyVersionWritings.OfWordsOrNull>(Numbers), Is.Not.EqualTo(Of<KeyVersionWritings.OfNumbersOrNull>(Numbers)));
        Assert.That(Of<KeyVersionWritings.OfBackwardsOrNull>(Numbers), Is.Not.EqualTo(Of<KeyVersionWritings.OfBackwards>(Numbers)));
    }

    [Test]
    public void Numbers_in_words_by_options_the_type_or_a_property_are_another_version()
    {
        var byOptions = new JsonSerializerOptions(Numbers) { NumberHandling = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString };
        var versions = (string[])
        [
            Of<KeyVersionWritings.Amounts>(Numbers), Of<KeyVersionWritings.AmountsInWords>(Numbers), Of<KeyVersionWritings.PartsInWords>(Numbers), Of<KeyVersionWritings.AllInWords>(Numbers),
        ];

        Assert.That(versions, Is.Unique);
        Assert.That(Of<KeyVersionWritings.AllInWords>(Numbers), Is.EqualTo(Of<KeyVersionWritings.Amounts>(byOptions)));
    }

    [Test]
    public void Numbers_that_may_be_read_from_words_are_written_as_before() =>
        Assert.That(
            Of<KeyVersionWritings.Amounts>(new JsonSerializerOptions(Numbers) { NumberHandling = JsonNumberHandling.Strict }), Is.EqualTo(Of<KeyVersionWritings.Amounts>(Numbers)));

    [Test]
    public void The_keys_of_a_dictionary_count()
    {
        var before = Of<KeyVersionWritings.Map>(Numbers);

        Assert.That(Of<KeyVersionWritings.Map>(With(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase))), Is.Not.EqualTo(before));
        Assert.That(Of<KeyVersionWritings.Map>(new JsonSerializerOptions(Numbers) { DictionaryKeyPolicy = JsonNamingPolicy.CamelCase }), Is.Not.EqualTo(before));
    }

    [Test]
    public void Ids_of_objects_count() =>
        Assert.That(
            Of<KeyVersionWritings.Amounts>(new JsonSerializerOptions(Numbers) { ReferenceHandler = ReferenceHandler.Preserve }), Is.Not.EqualTo(Of<KeyVersionWritings.Amounts>(Numbers)));

    [Test]
    public void A_converter_of_the_application_counts_by_its_name_and_is_not_asked() =>
        Assert.That(Of<KeyVersionWritings.OfNumbersOrNull>(With(new KeyVersionWritings.Refusing())), Is.Not.EqualTo(Of<KeyVersionWritings.OfNumbersOrNull>(Numbers)));

    private static JsonSerializerOptions With(JsonConverter converter)
    {
        var options = new JsonSerializerOptions(Numbers);
        options.Converters.Add(converter);
        return options;
    }

    private static string Of<T>(JsonSerializerOptions options) => SolidCacheKeyVersion.Of(options.GetTypeInfo(typeof(T)));
}
