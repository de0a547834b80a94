using System.CommandLine;
using System.Globalization;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Which numbers an option takes.</summary>
internal static class NumberRange
{
    /// <summary>Refuses all others. By what was typed: to ask for the value of what is no number throws.</summary>
    /// <param name="option">The option.</param>
    /// <param name="least">The least that it takes.</param>
    /// <param name="most">The most.</param>
    /// <param name="of">What they count, for the message.</param>
    public static void Limit(Option option, int least, int most, string of) => option.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: var text }] && (!int.TryParse(text, CultureInfo.InvariantCulture, out var number) || number < least || number > most))
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} takes {least} to {most} {of}."));
        }
    });
}
