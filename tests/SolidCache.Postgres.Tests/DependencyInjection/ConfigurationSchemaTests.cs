using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>What editors know of the settings: made of the options and of what their documentation says.</summary>
public sealed partial class ConfigurationSchemaTests
{
    private const string Duration = @"^(\d+\.)?([01]?\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,7})?)?$";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<string, XElement> Documentation = XDocument
        .Load(Path.ChangeExtension(typeof(PostgresSolidCacheOptions).Assembly.Location, ".xml"))
        .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    /// <summary>If an option has changed, this writes what the file should be.</summary>
    [Test]
    public void The_schema_has_every_setting_as_it_is()
    {
        var approved = Path.Combine(Repository.Library, "ConfigurationSchema.json");
        var received = Path.Combine(Repository.Tests, "Approved", "ConfigurationSchema.received.json");
        File.Delete(received);

        var schema = Schema().ToJsonString(Indented) + "\n";
        if (!File.Exists(approved) || File.ReadAllText(approved).ReplaceLineEndings("\n") != schema)
        {
            File.WriteAllText(received, schema);
            Assert.Fail($"ConfigurationSchema.json differs from the options. If they are right: mv \"{received}\" \"{approved}\"");
        }
    }

    private static JsonObject Schema()
    {
        var properties = Settings(new PostgresSolidCacheOptions())
            .UnionBy(Settings(new PostgresSolidCacheSettings()), setting => setting.Key)
            .OrderBy(setting => setting.Key, StringComparer.Ordinal);
        return new JsonObject
        {
            ["definitions"] = new JsonObject
            {
                ["logLevel"] = new JsonObject
                {
                    ["properties"] = new JsonObject { ["SolidCache.Postgres"] = new JsonObject { ["$ref"] = "#/definitions/logLevelThreshold" } },
                },
            },
            ["type"] = "object",
            ["properties"] = Section("SolidCache", new JsonObject
            {
                ["type"] = "object",
                ["properties"] = Section("Postgres", new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject(properties),
                    ["description"] = "The cache of builder.AddPostgresSolidCache(name). A section with the name of a connection holds what is different for it.",
                }),
            }),
        };

        static JsonObject Section(string name, JsonObject section) => new() { [name] = section };
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Settings(object defaults) =>
        from property in defaults.GetType().GetProperties()
        where !typeof(Delegate).IsAssignableFrom(property.PropertyType)
        select KeyValuePair.Create(property.Name, (JsonNode?)SchemaOf(property, property.GetValue(defaults)));

    private static JsonObject SchemaOf(PropertyInfo property, object? value)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var schema = type switch
        {
            { IsEnum: true } => new JsonObject { ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(name => JsonValue.Create(name))]) },
            _ when type == typeof(bool) => Of("boolean"),
            _ when type == typeof(int) || type == typeof(long) => Of("integer"),
            _ when type == typeof(SolidCacheInvalidationOptions) || type == typeof(SolidCacheHybridOptions) =>
                new JsonObject { ["type"] = "object", ["properties"] = new JsonObject(Settings(value!)) },
            _ when type == typeof(double) => Of("number"),
            _ when type == typeof(string) => Of("string"),
            _ when type == typeof(TimeSpan) => new JsonObject { ["type"] = "string", ["pattern"] = Duration },
            _ when type == typeof(IList<string>) => new JsonObject { ["type"] = "array", ["items"] = Of("string") },
            _ => throw new AssertionException($"How is {property.Name} written in JSON?"),
        };
        if (schema["type"] is { } one && schema["properties"] is null && (Nullable.GetUnderlyingType(property.PropertyType) is not null || Nullability.Create(property).WriteState == NullabilityState.Nullable))
        {
            schema["type"] = new JsonArray(one.DeepClone(), "null");
        }

        schema["description"] = DescriptionOf(property);
        if (value is not (null or IList<string> or SolidCacheInvalidationOptions or SolidCacheHybridOptions))
        {
            schema["default"] = value is bool or int or long or double ? JsonSerializer.SerializeToNode(value) : value.ToString();
        }

        return schema;

        static JsonObject Of(string name) => new() { ["type"] = name };
    }

    private static string DescriptionOf(PropertyInfo property)
    {
        var member = Documentation[$"P:{property.DeclaringType!.FullName}.{property.Name}"];
        var text = TextOf(member.Element("summary")!);
        text = Accessors().Replace(text, "", 1);
        return char.ToUpperInvariant(text[0]) + text[1..] + " " + TextOf(member.Element("value")!);
    }

    private static string TextOf(XElement element) =>
        Spaces().Replace(string.Concat(element.Nodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see => see.Attribute("cref")!.Value.Split('(')[0].Split('.')[^1],
            XElement other => TextOf(other),
            _ => "",
        })), " ").Trim();

    [GeneratedRegex("^Gets (or sets )?(a value indicating )?")]
    private static partial Regex Accessors();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
