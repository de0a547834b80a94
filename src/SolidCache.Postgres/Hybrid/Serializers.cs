using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Json;

namespace SolidCache.Postgres.Hybrid;

/// <summary>
/// How values are written and read: as the application registered it for their type; strings as UTF-8 and bytes as they are; by the last factory registered that takes the
/// type; and else as JSON, with the options registered under the key <c>typeof(IHybridCacheSerializer&lt;T&gt;)</c>, or, for all types, <c>typeof(IHybridCacheSerializer&lt;&gt;)</c>.
/// </summary>
internal sealed class Serializers(IServiceProvider services, Log log)
{
    private readonly ConcurrentDictionary<Type, object> _known = new();

    /// <summary>With fields, which are all that tuples have.</summary>
    private readonly JsonSerializerOptions _json = services.GetKeyedService<JsonSerializerOptions>(typeof(IHybridCacheSerializer<>)) ?? new() { IncludeFields = true };

    /// <returns>Null for a null that only JSON could tell from other values.</returns>
    public byte[]? Serialize<T>(T value)
    {
        var serializer = Of<T>();
        if (value is null && serializer is not JsonSerializer<T>)
        {
            return null;
        }

        var bytes = new ArrayBufferWriter<byte>();
        serializer.Serialize(value, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    public bool TryRead<T>(Remembered found, out T value)
    {
        if (found.Value is T shared)
        {
            value = shared;
            return true;
        }

        value = default!;
        return found.Bytes is { } bytes && TryDeserialize(bytes, out value);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a serializer throws, the value is made anew.")]
    public bool TryDeserialize<T>(byte[] bytes, out T value)
    {
        try
        {
            value = Of<T>().Deserialize(new ReadOnlySequence<byte>(bytes));
            return true;
        }
        catch (Exception error)
        {
            log.NotDeserialized(error.GetType().Name);
            value = default!;
            return false;
        }
    }

    private IHybridCacheSerializer<T> Of<T>() => (IHybridCacheSerializer<T>)_known.GetOrAdd(typeof(T), static (_, serializers) => serializers.Choose<T>(), this);

    private IHybridCacheSerializer<T> Choose<T>()
    {
        if (services.GetService<IHybridCacheSerializer<T>>() is { } registered)
        {
            return registered;
        }

        if (new PlainSerializer() is IHybridCacheSerializer<T> plain)
        {
            return plain;
        }

        foreach (var factory in services.GetServices<IHybridCacheSerializerFactory>().Reverse())
        {
            if (factory.TryCreateSerializer<T>(out var made))
            {
                return made;
            }
        }

        return new JsonSerializer<T>(TypeInfo<T>());
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Options without a resolver are refused where reflection is off, with a message that says so.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    private JsonTypeInfo<T> TypeInfo<T>() => JsonTypes.Of<T>(services.GetKeyedService<JsonSerializerOptions>(typeof(IHybridCacheSerializer<T>)) ?? _json);

    private sealed class PlainSerializer : IHybridCacheSerializer<string>, IHybridCacheSerializer<byte[]>
    {
        string IHybridCacheSerializer<string>.Deserialize(ReadOnlySequence<byte> source) => Encoding.UTF8.GetString(source);

        void IHybridCacheSerializer<string>.Serialize(string value, IBufferWriter<byte> target) => Encoding.UTF8.GetBytes(value, target);

        byte[] IHybridCacheSerializer<byte[]>.Deserialize(ReadOnlySequence<byte> source) => source.ToArray();

        void IHybridCacheSerializer<byte[]>.Serialize(byte[] value, IBufferWriter<byte> target) => target.Write(value);
    }

    private sealed class JsonSerializer<T>(JsonTypeInfo<T> type) : IHybridCacheSerializer<T>
    {
        public T Deserialize(ReadOnlySequence<byte> source)
        {
            var reader = new Utf8JsonReader(source);
            return JsonSerializer.Deserialize(ref reader, type)!;
        }

        public void Serialize(T value, IBufferWriter<byte> target)
        {
            using var writer = new Utf8JsonWriter(target);
            JsonSerializer.Serialize(writer, value, type);
        }
    }
}
