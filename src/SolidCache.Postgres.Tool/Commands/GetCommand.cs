using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Shows an entry: its time to live, its size, and what it holds.</summary>
internal static class GetCommand
{
    private const int ShownBytes = 4_096;

    public static Command Create(ConnectionOptions connection, Terminal terminal)
    {
        var key = new Argument<string>("key") { Description = "The key as the application uses it." };
        var raw = new Option<bool>("--raw") { Description = "Write the value's bytes and nothing else." };
        var command = new Command("get", "Shows an entry. Counts as a read: it extends a sliding expiration. Exit code 1 when there is none.") { key, raw };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = connection.Read(parsed).Open();
            var cache = services.GetRequiredService<ISolidCache>();
            var value = new ArrayBufferWriter<byte>();
            var timeToLive = await cache.GetTimeToLiveAsync(parsed.GetValue(key)!, cancellationToken);
            if (timeToLive is null || !await cache.TryGetAsync(parsed.GetValue(key)!, value, cancellationToken))
            {
                terminal.Complain("There is no entry under this key.");
                return ExitCode.No;
            }

            if (parsed.GetValue(raw))
            {
                await terminal.Raw.WriteAsync(value.WrittenMemory, cancellationToken);
                await terminal.Raw.FlushAsync(cancellationToken);
                return ExitCode.Fine;
            }

            terminal.Table(
                ["", "Value"],
                [
                    ["time to live", Life(timeToLive.Value)],
                    ["size", string.Create(CultureInfo.InvariantCulture, $"{value.WrittenCount} bytes")],
                ]);
            terminal.Line(Show(value.WrittenSpan));
            return ExitCode.Fine;
        });
        return command;
    }

    private static string Life(TimeSpan life) =>
        life == TimeSpan.MaxValue ? "for ever" : string.Create(CultureInfo.InvariantCulture, $"{life.TotalSeconds:0.###} seconds");

    /// <summary>Text as it is, but for control characters, which could write over the terminal; else hexadecimal.</summary>
    private static string Show(ReadOnlySpan<byte> value)
    {
        var shown = value[..Math.Min(value.Length, ShownBytes)];
        var rest = value.Length > ShownBytes ? $" … ({value.Length - ShownBytes} bytes more; --raw writes all)" : "";
        if (!Utf8.IsValid(value))
        {
            return Convert.ToHexStringLower(shown) + rest;
        }

        var text = new StringBuilder(Encoding.UTF8.GetString(shown));
        for (var index = 0; index < text.Length; index++)
        {
            text[index] = char.IsControl(text[index]) && text[index] is not ('\n' or '\t') ? '\uFFFD' : text[index];
        }

        return text.Append(rest).ToString();
    }
}
