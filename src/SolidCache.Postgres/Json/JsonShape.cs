using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SolidCache.Postgres.Json;

/// <summary>Writes down what the JSON of types looks like, in a text that is the same for the same JSON everywhere.</summary>
internal sealed class JsonShape
{
    private readonly StringBuilder _text = new();
    private readonly Dictionary<Type, int> _known = [];

    public void Add(JsonTypeInfo type)
    {
        // Objects have ids then, and lists are objects.
        _text.Append(type.Options.ReferenceHandler == ReferenceHandler.Preserve ? "$" : "");
        Add(type, numbers: null);
    }

    public override string ToString() => _text.ToString();

    /// <summary>Types of the framework carry their assembly's version in their full names, which must not count.</summary>
    private static string NameOf(Type type) =>
        type.IsGenericType
            ? $"{type.Namespace}.{type.Name}<{string.Join(',', type.GenericTypeArguments.Select(NameOf))}>"
            : type.IsArray ? $"{NameOf(type.GetElementType()!)}[]" : $"{type.Namespace}.{type.Name}";

    private static bool IsNumber(Type type) =>
        Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.Decimal || type == typeof(Half) || type == typeof(Int128) || type == typeof(UInt128);

    /// <param name="type">Of which the JSON is.</param>
    /// <param name="numbers">What the property or the list that holds it says of numbers.</param>
    private void Add(JsonTypeInfo type, JsonNumberHandling? numbers)
    {
        if (Nullable.GetUnderlyingType(type.Type) is { } underlying && type.Options.TryGetTypeInfo(underlying, out var value))
        {
            if (underlying.IsEnum)
            {
                AddEnum(value, type);
            }
            else
            {
                Add(value, numbers);
            }

            _text.Append('?');
            return;
        }

        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                AddObject(type);
                break;
            case JsonTypeInfoKind.Enumerable:
                _text.Append('[');
                AddElement(type, numbers);
                _text.Append(']');
                break;
            case JsonTypeInfoKind.Dictionary:
                _text.Append('{');
                AddKey(type);
                _text.Append(':');
                AddElement(type, numbers);
                _text.Append('}');
                break;
            default:
                AddValue(type, numbers);
                break;
        }
    }

    private void AddElement(JsonTypeInfo type, JsonNumberHandling? numbers) => Add(type.Options.GetTypeInfo(type.ElementType!), numbers ?? type.NumberHandling);

    /// <summary>The members of an enum are the names of properties.</summary>
    private void AddKey(JsonTypeInfo type)
    {
        if (type.Options.TryGetTypeInfo(type.KeyType!, out var key))
        {
            AddValue(key, JsonNumberHandling.Strict);
        }
        else
        {
            _text.Append(NameOf(type.KeyType!));
        }

        _text.Append(type.Options.DictionaryKeyPolicy?.ConvertName("OneKey"));
    }

    private void AddValue(JsonTypeInfo type, JsonNumberHandling? numbers)
    {
        if (type.Type.IsEnum)
        {
            AddEnum(type, type);
            return;
        }

        _text.Append(NameOf(type.Type));
        if (IsNumber(type.Type))
        {
            var handling = numbers ?? type.NumberHandling ?? type.Options.NumberHandling;
            _text.Append(handling.HasFlag(JsonNumberHandling.WriteAsString) ? "\"" : "").Append(handling.HasFlag(JsonNumberHandling.AllowNamedFloatingPointLiterals) ? "~" : "");
        }

        AddConverter(type.Converter.GetType());
    }

    /// <summary>Each member as it is written: as its number, or in the words of whatever converter; but none is asked that is the application's own.</summary>
    /// <param name="type">Of the enum.</param>
    /// <param name="writer">The same, or that of its nullable, of which a converter may be that stands on a property.</param>
    private void AddEnum(JsonTypeInfo type, JsonTypeInfo writer)
    {
        var isWritten = IsOfTheFramework(type.Converter.GetType());
        var members = Enum.GetNames(type.Type).Zip(
            Enum.GetValuesAsUnderlyingType(type.Type).Cast<object>(),
            (name, value) => string.Create(CultureInfo.InvariantCulture, $"{name}={(isWritten ? JsonSerializer.Serialize(Enum.ToObject(type.Type, value), writer) : value)}"));
        _text.Append(NameOf(type.Type)).Append('(').AppendJoin(',', members.Order(StringComparer.Ordinal)).Append(')');
        AddConverter(type.Converter.GetType());
    }

    /// <summary>An object that was met before is its number, or one that holds itself would have no end.</summary>
    private void AddObject(JsonTypeInfo type)
    {
        if (!_known.TryAdd(type.Type, _known.Count))
        {
            _text.Append(CultureInfo.InvariantCulture, $"#{_known[type.Type]}");
            return;
        }

        _text.Append('{');
        foreach (var property in type.Properties.Where(Exists).OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            _text.Append(property.Name).Append(property.IsRequired ? "!" : "").Append(property.IsGetNullable ? "?:" : ":");
            Add(TypeOf(property), property.NumberHandling ?? type.NumberHandling);
            AddConverter(ConverterOf(property));
            _text.Append(';');
        }

        AddDerived(type);
        _text.Append('}');
    }

    private void AddDerived(JsonTypeInfo type)
    {
        if (type.PolymorphismOptions is not { } polymorphism)
        {
            return;
        }

        _text.Append(polymorphism.TypeDiscriminatorPropertyName);
        foreach (var derived in polymorphism.DerivedTypes.OrderBy(Discriminator, StringComparer.Ordinal))
        {
            _text.Append('|').Append(Discriminator(derived)).Append('=');
            Add(type.Options.GetTypeInfo(derived.DerivedType), numbers: null);
        }

        static string Discriminator(JsonDerivedType derived) => Convert.ToString(derived.TypeDiscriminator, CultureInfo.InvariantCulture) ?? "";
    }

    private static bool Exists(JsonPropertyInfo property) => property.Get is not null || property.Set is not null;

    /// <summary>The type of a property as it is written there: one of the framework's converters, such as that of enums, may have been put on it.</summary>
    private static JsonTypeInfo TypeOf(JsonPropertyInfo property)
    {
        if (property.CustomConverter is not { } converter || !IsOfTheFramework(ConverterOf(property)!))
        {
            return property.Options.GetTypeInfo(property.PropertyType);
        }

        var options = new JsonSerializerOptions(property.Options);
        options.Converters.Insert(0, converter);
        return options.GetTypeInfo(property.PropertyType);
    }

    /// <summary>The one that its attribute names: that of a nullable value is hidden within one of the framework's.</summary>
    private static Type? ConverterOf(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(JsonConverterAttribute), inherit: false) is [JsonConverterAttribute { ConverterType: { } named }]
            ? named
            : property.CustomConverter?.GetType();

    private static bool IsOfTheFramework(Type converter) => converter.Assembly == typeof(JsonConverter).Assembly;

    /// <summary>The framework's own converters belong to the types that they convert.</summary>
    private void AddConverter(Type? converter)
    {
        if (converter is not null && !IsOfTheFramework(converter))
        {
            _text.Append('@').Append(NameOf(converter));
        }
    }
}
