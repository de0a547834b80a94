using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SolidCache.Postgres.Json;

/// <summary>How types are written that nobody has said it of.</summary>
internal static class JsonTypes
{
    public const string Reflection = "JSON by reflection may need types that trimming removes. Use the overload with a JsonTypeInfo<T>.";

    private static JsonSerializerOptions? _web;

    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    public static JsonTypeInfo<T> Of<T>(JsonSerializerOptions? options)
    {
        // As the serializer does with options that it meets for the first time.
        options ??= _web ??= WebWithTuples();
        options.MakeReadOnly(populateMissingResolver: true);
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    /// <summary>Tuples have fields alone, which the serializer leaves out: they would come back empty, and nobody would say so.</summary>
    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    private static JsonSerializerOptions WebWithTuples()
    {
        var options = new JsonSerializerOptions(JsonSerializerOptions.Web);
        if (JsonSerializer.IsReflectionEnabledByDefault)
        {
            options.TypeInfoResolver = new DefaultJsonTypeInfoResolver().WithAddedModifier(AddFieldsOfTuples);
        }

        return options;
    }

    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    private static void AddFieldsOfTuples(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || !type.Type.IsValueType || !typeof(ITuple).IsAssignableFrom(type.Type) || type.Properties.Count > 0)
        {
            return;
        }

        foreach (var field in type.Type.GetFields())
        {
            var property = type.CreateJsonPropertyInfo(field.FieldType, type.Options.PropertyNamingPolicy?.ConvertName(field.Name) ?? field.Name);
            property.Get = field.GetValue;
            property.Set = field.SetValue;
            type.Properties.Add(property);
        }
    }
}
