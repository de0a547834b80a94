using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>
/// Refuses what binding passes over: a name that is no option's, which would leave the option at its default, and a duration without a unit, which .NET
/// takes for days.
/// </summary>
/// <param name="cache">The name of the cache.</param>
/// <param name="section">Its section.</param>
/// <param name="isOfHost">Whether the section also holds the settings of an application's builder, and may hold sections of connections.</param>
internal sealed class SectionValidator(string cache, IConfigurationSection section, bool isOfHost = false) : IValidateOptions<PostgresSolidCacheOptions>
{
    private static readonly PropertyInfo[] OfOptions =
        [.. typeof(PostgresSolidCacheOptions).GetProperties().Where(static option => !typeof(Delegate).IsAssignableFrom(option.PropertyType))];

    private static readonly PropertyInfo[] OfHosts = [.. OfOptions.UnionBy(typeof(PostgresSolidCacheSettings).GetProperties(), static option => option.Name)];

    private PropertyInfo[] Bound => isOfHost ? OfHosts : OfOptions;

    public ValidateOptionsResult Validate(string? name, PostgresSolidCacheOptions options)
    {
        if (name != cache)
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = section.GetChildren().Select(Failure).OfType<string>().ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private string? Failure(IConfigurationSection setting)
    {
        var option = Bound.FirstOrDefault(option => option.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase));
        if (option is null)
        {
            if (isOfHost && setting.Value is null)
            {
                return null;
            }

            return $"{setting.Path} is no option of the cache; the nearest is {Bound.MinBy(option => Distance(option.Name, setting.Key))!.Name}";
        }

        var isDuration = option.PropertyType == typeof(TimeSpan) || option.PropertyType == typeof(TimeSpan?);
        return isDuration && setting.Value is { Length: > 0 } value && !value.Contains(':', StringComparison.Ordinal)
            ? $"{setting.Path} is '{value}', which has no unit and would be days; it must be hours:minutes:seconds, as 00:00:05 is five seconds, or days.hours:minutes:seconds"
            : null;
    }

    /// <summary>How many characters have to be added, left out or replaced to make one name of the other (Levenshtein's).</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var index = 0; index < one.Length; index++)
        {
            var diagonal = row[0]++;
            for (var column = 0; column < other.Length; column++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(one[index]) == char.ToUpperInvariant(other[column]) ? 0 : 1);
                diagonal = row[column + 1];
                row[column + 1] = Math.Min(replaced, Math.Min(diagonal, row[column]) + 1);
            }
        }

        return row[^1];
    }
}
