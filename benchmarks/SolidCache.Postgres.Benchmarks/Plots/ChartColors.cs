using OxyPlot;

namespace SolidCache.Postgres.Benchmarks.Plots;

/// <summary>
/// Colours that most colour-blind readers can tell apart (Okabe and Ito), each with a contrast of 3 : 1 or more on white; and what
/// becomes of them, and of the ground, for readers who prefer dark.
/// </summary>
internal static class ChartColors
{
    public static readonly OxyColor Blue = OxyColor.FromRgb(0x00, 0x72, 0xb2);
    public static readonly OxyColor Green = OxyColor.FromRgb(0x00, 0x9e, 0x73);
    public static readonly OxyColor Vermilion = OxyColor.FromRgb(0xd5, 0x5e, 0x00);
    public static readonly OxyColor Purple = OxyColor.FromRgb(0xcc, 0x79, 0xa7);
    public static readonly OxyColor Grey = OxyColor.FromRgb(0x5f, 0x5f, 0x5f);
    public static readonly OxyColor Ground = OxyColors.White;
    public static readonly OxyColor Text = OxyColor.FromRgb(0x24, 0x24, 0x24);
    public static readonly OxyColor Frame = OxyColor.FromRgb(0x8c, 0x8c, 0x8c);
    public static readonly OxyColor Grid = OxyColor.FromRgb(0xdf, 0xdf, 0xdf);

    private static readonly (OxyColor Light, string Dark)[] InTheDark =
    [
        (Ground, "#0d1117"), (Text, "#e6edf3"), (Grid, "#2b3139"), (Blue, "#56b4e9"), (Grey, "#b4bcc6"),
    ];

    /// <summary>A style sheet for the SVG: its colours stand in attributes and in inline styles, which only !important overrides.</summary>
    public static string StyleSheet() =>
        $$"""
          <style>
            @media (prefers-color-scheme: dark) {
              {{string.Join("\n      ", InTheDark.Select(static color => Rules($"rgb({color.Light.R},{color.Light.G},{color.Light.B})", color.Dark)))}}
            }
          </style>

        """;

    private static string Rules(string light, string dark) =>
        $$"""[fill="{{light}}"], [style*="fill:{{light}}"] { fill: {{dark}} !important } [style*="stroke:{{light}}"] { stroke: {{dark}} !important }""";
}
