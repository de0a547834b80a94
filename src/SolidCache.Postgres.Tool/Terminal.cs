using Spectre.Console;

namespace SolidCache.Postgres.Tool;

/// <summary>Where the tool writes, and whether somebody is there to answer.</summary>
/// <param name="Output">Results: what a script reads.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="Raw">Bytes of values.</param>
/// <param name="IsInteractive">Whether a person reads and types.</param>
internal sealed record Terminal(IAnsiConsole Output, IAnsiConsole Error, Stream Raw, bool IsInteractive)
{
    private const int PipedWidth = 200;

    public static Terminal OfThisProcess()
    {
        var output = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            output.Profile.Width = PipedWidth;
        }

        var error = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        error.Profile.Width = Console.IsErrorRedirected ? int.MaxValue : error.Profile.Width;
        return new Terminal(output, error, Console.OpenStandardOutput(), !Console.IsOutputRedirected && !Console.IsInputRedirected);
    }

    /// <summary>A line of plain text: nothing in it is taken for markup.</summary>
    public void Line(string text) => Output.WriteLine(text);

    public void Complain(string text) => Error.WriteLine($"solid-cache: {text}");

    /// <summary>A table for people, and columns behind tabs for programs.</summary>
    public void Table(string[] columns, IEnumerable<string[]> rows)
    {
        if (!IsInteractive)
        {
            foreach (var row in rows)
            {
                Output.WriteLine(string.Join('\t', row));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(static cell => new Text(cell)));
        }

        Output.Write(table);
    }
}
