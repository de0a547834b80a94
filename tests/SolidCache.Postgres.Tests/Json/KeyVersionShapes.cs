using System.Text.Json;
using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>One shape, and others that differ from it in one thing.</summary>
internal static class KeyVersionShapes
{
    public enum Color
    {
        Red,
        Green,
    }

    public enum MoreColor
    {
        Red,
        Green,
        Blue,
    }

    public sealed record Inner(int Number);

    public sealed record InnerWithMore(int Number, string Text);

    public sealed record Base(int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record OtherTypeName(int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record Reordered(Color Color, Dictionary<string, Inner> Map, IReadOnlyList<Inner> List, string Name, int Id);

    public sealed record WithIgnored(int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color)
    {
        [JsonIgnore]
        public string Label => Name;
    }

    public sealed record Renamed(int Id, string FullName, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record Retyped(long Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record Added(int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color, bool IsNew);

    public sealed record Removed(int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map);

    public sealed record Nullable(int? Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record NullableText(int Id, string? Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record Required(string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color)
    {
        public required int Id { get; init; }
    }

    public sealed record NestedChange(int Id, string Name, IReadOnlyList<InnerWithMore> List, Dictionary<string, InnerWithMore> Map, Color Color);

    public sealed record ListOfOther(int Id, string Name, IReadOnlyList<int> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record DictionaryOfOther(int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, int> Map, Color Color);

    public sealed record OtherEnum(int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, MoreColor Color);

    public sealed record OtherConverter(
        [property: JsonConverter(typeof(Backwards))] int Id, string Name, IReadOnlyList<Inner> List, Dictionary<string, Inner> Map, Color Color);

    public sealed record Tree(string Name, IReadOnlyList<Tree> Children);

    public sealed record OtherTree(string Name, IReadOnlyList<OtherTree> Children, Tree? Twin);

    [JsonDerivedType(typeof(Circle), "circle")]
    public record Shape;

    public sealed record Circle(double Radius) : Shape;

    [JsonDerivedType(typeof(CircleToo), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    public record ShapeWithMore;

    public sealed record CircleToo(double Radius) : ShapeWithMore;

    public sealed record Square(double Side) : ShapeWithMore;

    public sealed class Backwards : JsonConverter<int>
    {
        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => -reader.GetInt32();

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(-value);
    }
}
