using System.Globalization;
using Orchestrator.Core;

namespace Orchestrator.Simulation.Latency;

/// <summary>A fixed part and a part per row.</summary>
/// <param name="fixedPart">Of every batch; positive.</param>
/// <param name="perRow">Of every row; not negative.</param>
/// <param name="noise">Standard deviation of the logarithm of the duration.</param>
public sealed class LinearLatency(TimeSpan fixedPart, TimeSpan perRow, double noise) : LatencyModel
{
    private readonly double _fixed = fixedPart.TotalSeconds;
    private readonly double _perRow = perRow.TotalSeconds;

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"{Durations.Format(fixedPart)} + {Durations.Format(perRow)} per row, noise {noise:0.##}");

    /// <inheritdoc/>
    public override double Median(int rows) => _fixed + (_perRow * rows);

    /// <inheritdoc/>
    public override double Noise(int rows) => noise;
}
