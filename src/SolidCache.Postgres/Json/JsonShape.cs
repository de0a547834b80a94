using System.Globalization;
using System.Text;
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
        if (Nullable.GetUnderlyingType(type.Type) is { } underlying && type.Options.TryGetTypeInfo(underlying, out var value))
        {
            Add(value);
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
                AddElement(type);
                _text.Append(']');
                break;
            case JsonTypeInfoKind.Dictionary:
                _text.Append('{').Append(NameOf(type.KeyType!)).Append(':');
                AddElement(type);
                _text.Append('}');
                break;
            default:
                AddValue(type);
                break;
        }
    }

    public override string ToString() => _text.ToString();

    /// <summary>Types of the framework carry their assembly's version in their full names, which must not count.</summary>
    private static string NameOf(Type type) =>
        type.IsGenericType
            ? $"{type.Namespace}.{type.Name}<{string.Join(',', type.GenericTypeArguments.Select(NameOf))}>"
            : type.IsArray ? $"{NameOf(type.GetElementType()!)}[]" : $"{type.Namespace}.{type.Name}";

    private void AddElement(JsonTypeInfo type) => Add(type.Options.GetTypeInfo(type.ElementType!));

    private void AddValue(JsonTypeInfo type)
    {
        _text.Append(NameOf(type.Type));
        if (type.Type.IsEnum)
        {
            var values = Enum.GetValuesAsUnderlyingType(type.Type).Cast<object>().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture));
            _text.Append('(').AppendJoin(',', Enum.GetNames(type.Type).Zip(values, (name, value) => $"{name}={value}").Order(StringComparer.Ordinal)).Append(')');
        }

        AddConverter(type.Converter);
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
            Add(property.Options.GetTypeInfo(property.PropertyType));
            AddConverter(property.CustomConverter);
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
            Add(type.Options.GetTypeInfo(derived.DerivedType));
        }

        static string Discriminator(JsonDerivedType derived) => Convert.ToString(derived.TypeDiscriminator, CultureInfo.InvariantCulture) ?? "";
    }

    private static bool Exists(JsonPropertyInfo property) => property.Get is not null || property.Set is not null;

    /// <summary>The framework's own converters belong to the types that they convert.</summary>
    private void AddConverter(JsonConverter? converter)
    {
        if (converter is not null && converter.GetType().Assembly != typeof(JsonConverter).Assembly)
        {
            _text.Append('@').Append(NameOf(converter.GetType()));
        }
    }
}
