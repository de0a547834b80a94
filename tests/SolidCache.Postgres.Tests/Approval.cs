namespace SolidCache.Postgres.Tests;

/// <summary>Compares a text with a committed file, so that every change of it is read by a person.</summary>
internal static class Approval
{
    private static readonly string Folder = Path.Combine(Repository.Tests, "Approved");

    /// <summary>Fails, and leaves the text beside the approved one, when the two differ.</summary>
    public static void Verify(string name, string actual)
    {
        var approved = Path.Combine(Folder, name + ".sql");
        var received = Path.Combine(Folder, name + ".received.sql");
        File.Delete(received);

        var text = Normalized(actual);
        if (File.Exists(approved) && Normalized(File.ReadAllText(approved)) == text)
        {
            return;
        }

        File.WriteAllText(received, text);
        Assert.That(
            text,
            Is.EqualTo(File.Exists(approved) ? Normalized(File.ReadAllText(approved)) : ""),
            $"Approved/{name}.sql {(File.Exists(approved) ? "differs" : "is missing")}. If the new text is right: mv \"{received}\" \"{approved}\"");
    }

    /// <summary>As the editor configuration wants files: one newline at the end, and none of another platform.</summary>
    private static string Normalized(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
}
