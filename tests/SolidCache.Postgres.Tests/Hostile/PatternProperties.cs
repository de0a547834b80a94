using System.Text;
using CsCheck;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Tests.Entries;

namespace SolidCache.Postgres.Tests.Hostile;

/// <summary>Patterns are made together with a key that they match, so that no matcher has to be believed.</summary>
public sealed class PatternProperties
{
    private static readonly KeySpace[] Spaces = [new(null), new("app"), new("a%_\\")];

    private static readonly Gen<string> Run = Texts.Short.Where(KeyText.IsStorable);

    private static readonly Gen<Rune> Character = Gen.OneOf(
        Gen.OneOf('a', '%', '_', '\\', '^', '\'', '\ud7ff', '\uffff').Select(unit => new Rune(unit)),
        Gen.Int[1, 0x10FFFF].Where(Rune.IsValid).Select(value => new Rune(value)));

    /// <summary>A piece of a pattern, and what it stands for in the key.</summary>
    private static readonly Gen<(string Pattern, string Key)> Token = Gen.Frequency(
        (2, Run.Select(text => ("%", text))),
        (2, Character.Select(character => ("_", character.ToString()))),
        (3, Character.Select(character => (@"\" + character, character.ToString()))),
        (3, Character.Where(character => character.Value is not ('%' or '_' or '\\')).Select(character => (character.ToString(), character.ToString()))));

    private static readonly Gen<(string Pattern, string Key)> Pair =
        Token.Array[0, 8].Select(tokens => (string.Concat(tokens.Select(token => token.Pattern)), string.Concat(tokens.Select(token => token.Key))));

    [Test]
    public void A_removal_by_pattern_never_misses_a_key_that_is_stored_as_it_was_written() =>
        Pair.Sample(
            pair => Spaces.All(space => space.Map(pair.Key).Stored is var stored
                && (!StoredKeys.IsAsWritten(pair.Key, stored) || space.Matching(pair.Pattern).Holds(stored))),
            iter: 15_000,
            print: pair => $"{pair.Pattern.Escaped()} {pair.Key.Escaped()}");

    [Test]
    public void A_pattern_without_wildcards_matches_one_key_only() =>
        Gen.Select(Run, Run).Sample(
            (one, other) => Spaces.All(space => space.Map(other).Stored is var stored
                && (!StoredKeys.IsAsWritten(other, stored) || space.Matching(Literally(one)).Holds(stored) == string.Equals(one, other, StringComparison.Ordinal))),
            iter: 4_000,
            print: pair => $"{pair.Item1.Escaped()} {pair.Item2.Escaped()}");

    [Test]
    public void Any_other_text_is_a_pattern_or_is_refused_as_documented() =>
        Texts.Any.Sample(
            text =>
            {
                try
                {
                    return Spaces.All(space => space.Matching(text).All(range => KeyText.IsStorable(range.From) && (range.To is null || KeyText.IsStorable(range.To))));
                }
                catch (ArgumentException error)
                {
                    return error.Message.StartsWith("A pattern may not", StringComparison.Ordinal);
                }
            },
            iter: 8_000,
            print: Texts.Print);

    private static string Literally(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}
