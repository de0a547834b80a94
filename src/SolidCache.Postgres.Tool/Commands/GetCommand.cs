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
            var target = connection.Read(parsed);
            var value = new ArrayBufferWriter<byte>();
            var timeToLive = await ReadAsync(target, parsed.GetValue(key)!, value, cancellationToken);
            if (timeToLive is null && target.AsStored(parsed.GetValue(key)!) is { } stored)
            {
                timeToLive = await ReadAsync(stored.Target, stored.Key, value, cancellationToken);
            }

            if (timeToLive is null)
            {
                terminal.Complain($"There is no entry under this key. {await KeyPrefixes.HintAsync(target, cancellationToken)}".TrimEnd());
                return ExitCode.No;
            }

            if (parsed.GetValue(raw))
            {
                await terminal.Raw.WriteAsync(value.WrittenMemory, cancellationToken);
                await terminal.Raw.FlushAsync(cancellationToken);
                return ExitCode.Fine;
            }

            terminal.Table(
                ["Property", "Value"],
                [
                    ["time to live", Life(timeToLive.Value)],
                    ["size", SizeText.Of(value.WrittenCount)],
                ]);
            terminal.Line(Show(value.WrittenSpan));
            return ExitCode.Fine;
        });
        return command;
    }

    /// <returns>Null when there is none.</returns>
    private static async Task<TimeSpan?> ReadAsync(ConnectionTarget target, string key, ArrayBufferWriter<byte> value, CancellationToken cancellationToken)
    {
        await using var services = target.Open();
        var cache = services.GetRequiredService<ISolidCache>();
        var timeToLive = await cache.GetTimeToLiveAsync(key, cancellationToken);
        return timeToLive is not null && await cache.TryGetAsync(key, value, cancellationToken) ? timeToLive : null;
    }

    private static string Life(TimeSpan life) =>
        life == TimeSpan.MaxValue ? "for ever" : string.Create(CultureInfo.InvariantCulture, $"{life.TotalSeconds:0.###} seconds");

    /// <summary>Text, whose printing takes out what could write over the terminal; else hexadecimal.</summary>
    private static string Show(ReadOnlySpan<byte> value)
    {
        var shown = value[..Math.Min(value.Length, ShownBytes)];
        var rest = value.Length > ShownBytes ? $" … ({value.Length - ShownBytes} bytes more; --raw writes all)" : "";
        return (Utf8.IsValid(value) ? Encoding.UTF8.GetString(shown) : Convert.ToHexStringLower(shown)) + rest;
    }
}
