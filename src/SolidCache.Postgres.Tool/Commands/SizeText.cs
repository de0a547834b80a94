using System.Globalization;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Numbers of bytes for people, in units of 1,024.</summary>
internal static class SizeText
{
    private static readonly string[] Units = ["bytes", "KB", "MB", "GB", "TB"];

    public static string Of(long bytes)
    {
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 1_024 && unit < Units.Length - 1; unit++)
        {
            size /= 1_024;
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
            : string.Create(CultureInfo.InvariantCulture, $"{size:0.0} {Units[unit]}");
    }
}
