using Orchestrator.Core.Serving;

namespace Orchestrator.Simulation.Latency;

/// <summary>What was measured of a live model: medians and noise interpolated between the sizes, extended along the last two beyond them.</summary>
public sealed class ProfiledLatency : LatencyModel
{
    /// <summary>The 99th percentile of a standard normal variable.</summary>
    private const double Normal99 = 2.3263478740;

    private readonly MeasuredProfile _profile;
    private readonly double[] _rows;
    private readonly double[] _medians;
    private readonly double[] _noises;

    /// <summary>Takes a profile that is valid.</summary>
    public ProfiledLatency(MeasuredProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        _profile = profile;
        var sizes = profile.Sizes.OrderBy(s => s.Rows).ToArray();
        _rows = [.. sizes.Select(s => (double)s.Rows)];
        _medians = [.. sizes.Select(s => s.P50Us / 1e6)];
        _noises = [.. sizes.Select(s => Math.Log(s.P99Us / s.P50Us) / Normal99)];

        // More rows never take less: a size that says so was measured in a lucky moment.
        for (var i = 1; i < _medians.Length; i++)
        {
            _medians[i] = Math.Max(_medians[i], _medians[i - 1]);
        }
    }

    /// <inheritdoc/>
    public override string Description => $"profile of {_profile.Model}:{_profile.Version}, {_rows.Length} sizes up to {_rows[^1]} rows";

    /// <inheritdoc/>
    public override double Median(int rows) => At(rows, _medians, extend: true);

    /// <inheritdoc/>
    public override double Noise(int rows) => At(rows, _noises, extend: false);

    private double At(int rows, double[] values, bool extend)
    {
        var above = Array.BinarySearch(_rows, rows);
        if (above >= 0)
        {
            return values[above];
        }

        above = ~above;
        if (above == 0)
        {
            return values[0];
        }

        if (above == _rows.Length)
        {
            if (!extend)
            {
                return values[^1];
            }

            var slope = _rows.Length == 1 ? values[0] / _rows[0] : (values[^1] - values[^2]) / (_rows[^1] - _rows[^2]);
            return values[^1] + (slope * (rows - _rows[^1]));
        }

        var share = (rows - _rows[above - 1]) / (_rows[above] - _rows[above - 1]);
        return values[above - 1] + (share * (values[above] - values[above - 1]));
    }
}
