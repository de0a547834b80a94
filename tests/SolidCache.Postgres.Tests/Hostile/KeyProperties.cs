using CsCheck;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Tests.Entries;

namespace SolidCache.Postgres.Tests.Hostile;

/// <summary>What holds for every string as a key, whoever chose it.</summary>
public sealed class KeyProperties
{
    private static readonly (string? Prefix, KeySpace Keys)[] Spaces = [(null, new(null)), ("app", new("app")), ("app2", new("app2")), ("a%_\\", new("a%_\\"))];

    [Test]
    public void Every_key_is_stored_as_text_that_the_server_takes_and_can_index() =>
        Texts.Any.Sample(key => Spaces.All(space => StoredKeys.IsValid(space.Keys.Map(key).Stored)), iter: 8_000, print: Texts.Print);

    [Test]
    public void Two_keys_share_a_row_if_and_only_if_they_are_one() =>
        Texts.Pairs.Sample(
            pair => Spaces.All(one => Spaces.All(other =>
                (one.Keys.Map(pair.One) == other.Keys.Map(pair.Other)) == (one.Prefix == other.Prefix && string.Equals(pair.One, pair.Other, StringComparison.Ordinal)))),
            iter: 8_000,
            print: Print);

    [Test]
    public void A_stored_form_that_is_used_as_a_key_meets_nothing() =>
        Texts.Any.Sample(
            key => Spaces.All(one => Spaces.All(other =>
            {
                var stored = one.Keys.Map(key).Stored;
                return other.Keys.Map(stored) != one.Keys.Map(key) || (one.Prefix == other.Prefix && stored == key);
            })),
            iter: 4_000,
            print: Texts.Print);

    [Test]
    public void Long_keys_that_share_their_readable_start_stay_apart() =>
        Gen.Select(Texts.Long, Texts.Short, Texts.Short).Sample(
            (start, one, other) => Spaces.All(space =>
                (space.Keys.Map(start + one) == space.Keys.Map(start + other)) == string.Equals(one, other, StringComparison.Ordinal)),
            iter: 4_000,
            print: parts => $"{parts.Item1.Escaped()} {parts.Item2.Escaped()} {parts.Item3.Escaped()}");

    [Test]
    public void A_removal_by_prefix_never_misses_a_key() =>
        Gen.Select(Texts.Any, Texts.Any).Sample(
            (prefix, rest) => Spaces.All(space => space.Keys.StartingWith(prefix).Holds(space.Keys.Map(prefix + rest).Stored)),
            iter: 2_000,
            print: parts => $"{parts.Item1.Escaped()} {parts.Item2.Escaped()}");

    [Test]
    public void A_removal_by_prefix_takes_no_other_key_that_is_stored_as_it_was_written() =>
        Texts.Pairs.Sample(
            pair => Spaces.All(one => Spaces.All(other =>
            {
                var stored = other.Keys.Map(pair.Other).Stored;
                return !one.Keys.StartingWith(pair.One).Holds(stored)
                    || (one.Prefix == other.Prefix && (pair.Other.StartsWith(pair.One, StringComparison.Ordinal) || !StoredKeys.IsAsWritten(pair.Other, stored)));
            })),
            iter: 3_000,
            print: Print);

    private static string Print((string One, string Other) pair) => $"{pair.One.Escaped()} {pair.Other.Escaped()}";
}
