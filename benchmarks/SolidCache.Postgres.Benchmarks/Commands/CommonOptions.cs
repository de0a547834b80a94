using System.CommandLine;
using System.Globalization;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>Options that several commands take.</summary>
internal static class CommonOptions
{
    public static Option<string> Output() => new("--output", "-o")
    {
        Description = "The folder of the results",
        DefaultValueFactory = _ => Path.Combine("benchmarks", "results"),
    };

    /// <summary>An option that takes several names of a closed list.</summary>
    public static Option<T[]> Names<T>(string name, string description, params T[] defaults)
        where T : struct, Enum =>
        List(name, description, text => Enum.Parse<T>(text, ignoreCase: true), defaults is [] ? Enum.GetValues<T>() : defaults);

    public static Option<int[]> Numbers(string name, string description, params int[] defaults) =>
        List(name, description, text => int.Parse(text, CultureInfo.InvariantCulture), defaults);

    public static Option<double[]> Fractions(string name, string description, params double[] defaults) =>
        List(name, description, text => double.Parse(text, CultureInfo.InvariantCulture), defaults);

    /// <summary>An option that takes several values, apart by spaces or commas.</summary>
    private static Option<T[]> List<T>(string name, string description, Func<string, T> parse, params T[] defaults) => new(name)
    {
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => defaults,
        CustomParser = result =>
        {
            try
            {
                return [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(parse)];
            }
            catch (Exception error) when (error is ArgumentException or FormatException or OverflowException)
            {
                result.AddError($"{name}: {error.Message}");
                return [];
            }
        },
    };
}
