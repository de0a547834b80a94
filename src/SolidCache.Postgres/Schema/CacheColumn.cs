namespace SolidCache.Postgres.Schema;

/// <summary>A column of one of the cache's tables.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, with the collation where that counts, as <see cref="FoundObject.Description"/> has it.</param>
/// <param name="IsMark">Without it the table is another one; else it is made anew where it is missing.</param>
/// <param name="Default">What stands there where the library gives no value.</param>
/// <param name="IsGiven">Whether the library always gives a value, so that it may be <c>NOT NULL</c> without a default.</param>
internal sealed record CacheColumn(string Name, string Type, bool IsMark = false, string? Default = null, bool IsGiven = false)
{
    /// <summary>As <see cref="FoundObject.Description"/> has it.</summary>
    public string Text => $"{Name} {Type}";

    /// <summary>The type alone.</summary>
    public string BareType => Type.Replace(" COLLATE \"C\"", "", StringComparison.Ordinal);

    /// <summary>How it is added to a table with rows.</summary>
    public string Definition => Default is null ? Text : $"{Text} NOT NULL DEFAULT {Default}";
}
