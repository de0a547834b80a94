using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SolidCache.Postgres.Hybrid;

/// <summary>Whether all callers may share one object of a type: nobody can change it, or its author says so (<see cref="ImmutableObjectAttribute"/> on a sealed type).</summary>
internal static class Immutable<T>
{
    public static bool Value { get; } = Is(typeof(T));

    private static bool Is(Type type) =>
        type == typeof(string)
        || (type.IsValueType && !RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        || ((type.IsSealed || type.IsValueType) && type.GetCustomAttribute<ImmutableObjectAttribute>() is { Immutable: true });
}
