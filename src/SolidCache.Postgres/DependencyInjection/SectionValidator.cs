using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>
/// Refuses, before it is bound, what binding passes over: a name that is no option's, which would leave the option at its default, and a duration without a unit, or of more
/// hours than a day has, which .NET takes for days; and what binding refuses without the rule.
/// </summary>
/// <param name="cache">The name of the cache.</param>
/// <param name="section">Its section.</param>
/// <param name="holds">What may be in it.</param>
internal sealed class SectionValidator(string cache, IConfigurationSection section, SectionOf holds = SectionOf.Cache)
{
    private const string FormOfDurations = "hours:minutes:seconds, as 00:00:05 is five seconds, or days.hours:minutes:seconds";

    private static readonly PropertyInfo[] OfOptions = OptionsOf(typeof(PostgresSolidCacheOptions));

    /// <summary>Groups of options, each a section of its own.</summary>
    private static readonly Dictionary<Type, PropertyInfo[]> Groups = new()
    {
        [typeof(SolidCacheInvalidationOptions)] = OptionsOf(typeof(SolidCacheInvalidationOptions)),
        [typeof(SolidCacheHybridOptions)] = OptionsOf(typeof(SolidCacheHybridOptions)),
    };

    private static readonly PropertyInfo[] OfHosts = [.. OfOptions.UnionBy(typeof(PostgresSolidCacheSettings).GetProperties(), static option => option.Name)];

    /// <exception cref="OptionsValidationException">Something in it is no option, or no value of one.</exception>
    public void Validate()
    {
        var failures = section.GetChildren()
            .Where(setting => holds != SectionOf.AllConnections || !IsOfAConnection(setting))
            .SelectMany(setting => Failures(setting, holds == SectionOf.Cache ? OfOptions : OfHosts))
            .ToList();
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(cache, typeof(PostgresSolidCacheOptions), failures);
        }
    }

    private static PropertyInfo[] OptionsOf([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type) =>
        [.. type.GetProperties().Where(static option => !typeof(Delegate).IsAssignableFrom(option.PropertyType))];

    /// <summary>What no option has for its name, and is a section, is that of a connection, whether this application uses it or not.</summary>
    private static bool IsOfAConnection(IConfigurationSection setting) =>
        setting.Value is null && !Array.Exists(OfHosts, option => option.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Failures(IConfigurationSection setting, PropertyInfo[] options)
    {
        var option = options.FirstOrDefault(option => option.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase));
        return option is not null && setting.Value is null or "" && Groups.TryGetValue(option.PropertyType, out var group)
            ? setting.GetChildren().SelectMany(inner => Failures(inner, group))
            : Failure(setting, option, options) is { } failure ? [failure] : [];
    }

    private static string? Failure(IConfigurationSection setting, PropertyInfo? option, PropertyInfo[] options)
    {
        if (option is null)
        {
            var names = options.Select(static option => option.Name).ToList();
            var nearest = Spelling.Nearest(setting.Key, names);
            return typeof(PostgresSolidCacheOptions).GetProperty(setting.Key) is not null ? $"{setting.Path} cannot be configured: it is set in code"
                : Spelling.Distance(nearest, setting.Key) <= setting.Key.Length / 2 ? $"{setting.Path} is no option of the cache; the nearest is {nearest}"
                : $"{setting.Path} is no option of the cache, which has {string.Join(", ", names.Order(StringComparer.Ordinal))}";
        }

        if (Groups.TryGetValue(option.PropertyType, out var group))
        {
            return $"{setting.Path} is '{setting.Value}', and is no option but a section, which has {string.Join(", ", group.Select(static option => option.Name))}";
        }

        var isList = typeof(IEnumerable<string>).IsAssignableFrom(option.PropertyType);
        if (isList && setting.Value is { Length: > 0 } single)
        {
            return $"{setting.Path} is '{single}', and is a list; it must be [\"{single}\"], or {setting.Path}:0 where settings have no lists";
        }

        if (!isList && setting.GetChildren().Any())
        {
            return $"{setting.Path} is a section, and must be a value";
        }

        return setting.Value is { Length: > 0 } value && Rule(Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType, value) is { } rule
            ? $"{setting.Path} is '{value}'{rule}"
            : null;
    }

    /// <returns>What a value must be that binding cannot convert; null for one that it can.</returns>
    private static string? Rule(Type type, string value) => type switch
    {
        _ when type == typeof(bool) => bool.TryParse(value, out _) ? null : "; it must be true or false",
        _ when type == typeof(int) => int.TryParse(value, CultureInfo.InvariantCulture, out _) ? null : "; it must be a whole number",
        _ when type == typeof(long) => long.TryParse(value, CultureInfo.InvariantCulture, out _) ? null : "; it must be a whole number",
        // As binding reads it, and not 0,5 as 5.
        _ when type == typeof(double) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? null : "; it must be a number, as 0.5",
        _ when type == typeof(TimeSpan) && !value.Contains(':', StringComparison.Ordinal) && double.TryParse(value, CultureInfo.InvariantCulture, out _) =>
            $", which has no unit and would be days; it must be {FormOfDurations}",
        _ when type == typeof(TimeSpan) && !TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out _) => $"; it must be {FormOfDurations}",
        _ when type == typeof(TimeSpan) => HoursTakenForDays(value) is { } days
            ? $", which would be {days} days; it must be {FormOfDurations} with hours up to 23, as 1.00:00:00 is a day"
            : null,
        // Several of one that has one value, which .NET would take for their sum.
        { IsEnum: true } => Enum.TryParse(type, value, ignoreCase: true, out _) && (type.IsDefined(typeof(FlagsAttribute)) || !value.Contains(',', StringComparison.Ordinal)) ? null : $"; it must be {string.Join(" or ", Enum.GetNames(type))}",
        _ => null,
    };

    /// <summary>.NET reads 24:00:00, whose hours are more than a day has, as days:hours:minutes.</summary>
    private static int? HoursTakenForDays(string duration) =>
        duration.Split(':') is { Length: 3 } parts && !parts[0].Contains('.', StringComparison.Ordinal)
        && TimeSpan.Parse(duration, CultureInfo.InvariantCulture) is { Days: not 0 and var days }
            ? Math.Abs(days)
            : null;
}
