using System.Reflection;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Conventions;

/// <summary>What is public, and what is sealed.</summary>
public sealed class TypeTests
{
    private static readonly Type[] Written =
    [
        .. typeof(ISolidCache).Assembly.GetTypes().Where(type =>
            type.Namespace is { } name
            && (name.StartsWith("SolidCache.Postgres", StringComparison.Ordinal) || name is "Microsoft.Extensions.DependencyInjection" or "Microsoft.Extensions.Hosting")
            && !IsGenerated(type)),
    ];

    [Test]
    public void There_are_types_to_look_at() => Assert.That(Written, Has.Length.GreaterThan(30));

    [Test]
    public void Public_types_stand_at_the_root_or_beside_what_they_extend() =>
        Assert.That(
            typeof(ISolidCache).Assembly.GetExportedTypes().Select(type => type.Namespace).Distinct(),
            Is.SubsetOf((string[])["SolidCache.Postgres", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting"]));

    [Test]
    public void Nothing_but_public_types_stands_there() =>
        Assert.That(
            Written.Where(type => !type.IsNested && !type.IsPublic && type.Namespace is "SolidCache.Postgres" or "Microsoft.Extensions.DependencyInjection" && !type.IsVisible),
            Is.Empty);

    [Test]
    public void Every_class_is_sealed_static_or_abstract() =>
        Assert.That(Written.Where(type => type.IsClass && !type.IsSealed && !type.IsAbstract && !typeof(Delegate).IsAssignableFrom(type)), Is.Empty);

    [Test]
    public void Every_struct_is_readonly_but_the_one_that_collects() =>
        Assert.That(
            Written.Where(type => type.IsValueType && !type.IsEnum && type.GetCustomAttribute<IsReadOnlyAttribute>() is null),
            Is.EqualTo((Type[])[typeof(Chain<>)]));

    [Test]
    public void Public_types_carry_the_librarys_name()
    {
        string[] prefixes = ["SolidCache", "ISolidCache", "PostgresSolidCache"];

        Assert.That(
            typeof(ISolidCache).Assembly.GetExportedTypes().Where(type => !prefixes.Any(prefix => type.Name.StartsWith(prefix, StringComparison.Ordinal))),
            Is.Empty);
    }

    [Test]
    public void No_field_can_be_reached_from_outside() =>
        Assert.That(
            typeof(ISolidCache).Assembly.GetExportedTypes().Where(type => !type.IsEnum).SelectMany(type => type.GetFields()).Where(field => !field.IsLiteral),
            Is.Empty);

    /// <summary>What the compiler and its generators add.</summary>
    private static bool IsGenerated(Type type) =>
        type.Name.Contains('<', StringComparison.Ordinal)
        || type.GetCustomAttribute<CompilerGeneratedAttribute>() is not null
        || type.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is not null
        || (type.DeclaringType is { } outer && IsGenerated(outer));
}
