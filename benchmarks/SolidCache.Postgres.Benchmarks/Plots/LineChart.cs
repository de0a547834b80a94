using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace SolidCache.Postgres.Benchmarks.Plots;

/// <summary>A chart of lines over a few named points, as SVG that is light or dark as its reader prefers.</summary>
internal sealed class LineChart
{
    private const int Width = 820;
    private const int Height = 420;

    // With the widths that OxyPlot measures texts by; further ones for systems without them.
    private const string Font = "Arial, Helvetica, Liberation Sans, sans-serif";
    private readonly PlotModel _model;
    private readonly string[] _points;

    public LineChart(string title, string[] points, string pointsTitle, string valuesTitle, bool isLogarithmic)
    {
        _points = points;
        _model = new PlotModel
        {
            Title = title,
            DefaultFont = Font,
            Background = ChartColors.Ground,
            TextColor = ChartColors.Text,
            PlotAreaBorderColor = ChartColors.Frame,
        };
        _model.Axes.Add(new CategoryAxis
        {
            Position = AxisPosition.Bottom,
            Title = pointsTitle,
            ItemsSource = points,
            IsTickCentered = true,
            Minimum = -0.5,
            Maximum = points.Length - 0.5,
            AxisTitleDistance = 10,
            TicklineColor = ChartColors.Frame,
        });
        Axis values = isLogarithmic ? new LogarithmicAxis { PowerPadding = false, MinimumPadding = 0.1 } : new LinearAxis { Minimum = 0 };
        values.MaximumPadding = 0.1;
        values.Position = AxisPosition.Left;
        values.Title = valuesTitle;
        values.AxisTitleDistance = 24;
        values.TicklineColor = ChartColors.Frame;
        values.LabelFormatter = value => value.ToString(value < 1 ? "0.###" : "N0", null);
        values.MajorGridlineStyle = LineStyle.Solid;
        values.MajorGridlineColor = ChartColors.Grid;
        values.MinorTickSize = 0;
        _model.Axes.Add(values);
        // The padding leaves room for texts that turn out wider, which would be cut off.
        _model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.RightTop,
            LegendPadding = 32,
            LegendLineSpacing = 8,
        });
    }

    /// <summary>Adds a line through the points for which there is a value.</summary>
    public void Add(string name, OxyColor color, MarkerType marker, Func<string, double?> valueAt)
    {
        var line = new LineSeries { Title = name, Color = color, StrokeThickness = 2.5, MarkerType = marker, MarkerSize = 4.5, MarkerFill = color };
        line.Points.AddRange(_points.Select((point, index) => new DataPoint(index, valueAt(point) ?? double.NaN)));
        _model.Series.Add(line);
    }

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var svg = new SvgExporter { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true }.ExportToString(_model);
        File.WriteAllText(path, svg.Insert(svg.IndexOf("  <rect", StringComparison.Ordinal), ChartColors.StyleSheet()).ReplaceLineEndings("\n") + "\n");
    }
}
