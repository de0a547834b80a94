namespace SolidCache.Postgres.DependencyInjection;

/// <summary>What somebody may have meant whose word is none of those that there are.</summary>
internal static class Spelling
{
    /// <returns>The first of the nearest.</returns>
    public static string Nearest(string word, IEnumerable<string> words) => words.MinBy(known => Distance(known, word))!;

    /// <summary>How many characters have to be added, left out or replaced to make one name of the other (Levenshtein's).</summary>
    public static int Distance(string one, string other)
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
