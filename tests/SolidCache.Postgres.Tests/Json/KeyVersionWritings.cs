using System.Text.Json;
using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>Shapes whose properties are the same, and whose JSON is not.</summary>
internal static class KeyVersionWritings
{
    public enum Role
    {
        Member,
        SiteAdmin,
    }

    [JsonConverter(typeof(JsonStringEnumConverter<WordRole>))]
    public enum WordRole
    {
        Member,
        SiteAdmin,
    }

    [JsonConverter(typeof(JsonStringEnumConverter<RenamedRole>))]
    public enum RenamedRole
    {
        Member,

        [JsonStringEnumMemberName("admin")]
        SiteAdmin,
    }

    public sealed record OfNumbers(Role Role);

    public sealed record OfWords([property: JsonConverter(typeof(JsonStringEnumConverter<Role>))] Role Role);

    public sealed record OfNumbersOrNull(Role? Role);

    public sealed record OfWordsOrNull([property: JsonConverter(typeof(JsonStringEnumConverter<Role>))] Role? Role);

    public sealed record OfBackwards(int? Id);

    public sealed record OfBackwardsOrNull([property: JsonConverter(typeof(KeyVersionShapes.Backwards))] int? Id);

    public sealed record Amounts(decimal Total, IReadOnlyList<int> Parts, Dictionary<string, long?> ByName);

    public sealed record AmountsInWords(
        [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] decimal Total,
        IReadOnlyList<int> Parts,
        Dictionary<string, long?> ByName);

    public sealed record PartsInWords(
        decimal Total,
        [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] IReadOnlyList<int> Parts,
        Dictionary<string, long?> ByName);

    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public sealed record AllInWords(decimal Total, IReadOnlyList<int> Parts, Dictionary<string, long?> ByName);

    public sealed record Map(Dictionary<Role, string> Names);

    /// <summary>Of the application: the version knows its name, and does not ask it.</summary>
    public sealed class Refusing : JsonConverter<Role>
    {
        public override Role Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Role value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
