using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SolidCache.Postgres.Json;

/// <summary>How types are written that nobody has said it of.</summary>
internal static class JsonTypes
{
    public const string Reflection = "JSON by reflection may need types that trimming removes. Use the overload with a JsonTypeInfo<T>.";

    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    public static JsonTypeInfo<T> Of<T>(JsonSerializerOptions? options)
    {
        // As the serializer does with options that it meets for the first time.
        options ??= JsonSerializerOptions.Web;
        options.MakeReadOnly(populateMissingResolver: true);
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }
}
