using Microsoft.Win32.SafeHandles;
using SolidCache.Postgres.Diagnostics;
using Spectre.Console;

namespace SolidCache.Postgres.Tool;

/// <summary>Where the tool writes, and whether somebody is there to answer.</summary>
/// <param name="Output">Results: what a script reads.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="Raw">Bytes of values.</param>
/// <param name="IsInteractive">Whether a person reads and types.</param>
internal sealed record Terminal(IAnsiConsole Output, IAnsiConsole Error, Stream Raw, bool IsInteractive)
{
    public static Terminal OfThisProcess()
    {
        var error = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var output = StandardOutput();
        if (output is FileStream)
        {
            Console.SetOut(new StreamWriter(output, Console.OutputEncoding) { AutoFlush = true });
        }

        return new Terminal(AnsiConsole.Console, error, output, !Console.IsOutputRedirected && !Console.IsInputRedirected);
    }

    /// <summary>.NET's own stream keeps to itself that nobody reads a pipe any more, and a watch would never end. A file has its position from whoever writes to it besides.</summary>
    private static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return Console.OpenStandardOutput();
        }

        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }

    /// <summary>Plain text, past the console, which breaks long lines: a value stays as it is behind a pipe and when somebody copies it.</summary>
    public void Line(string text) => Output.Profile.Out.Writer.WriteLine(Printable.Text(text));

    public void Complain(string text) => Error.Profile.Out.Writer.WriteLine($"solid-cache: {Printable.Line(text)}");

    /// <summary>A table for people, and columns behind tabs, with their names in the first line, for programs.</summary>
    public void Table(string[] columns, IEnumerable<string[]> rows)
    {
        if (!IsInteractive)
        {
            foreach (var row in rows.Prepend(columns))
            {
                Line(string.Join('\t', row.Select(Printable.Line)));
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
            table.AddRow(row.Select(static cell => new Text(Printable.Line(cell))));
        }

        Output.Write(table);
    }
}
