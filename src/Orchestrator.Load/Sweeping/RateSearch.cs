namespace Orchestrator.Load.Sweeping;

/// <summary>Which rate to try next, when the highest that meets an objective is looked for. Pure.</summary>
internal static class RateSearch
{
    /// <summary>How near the highest rate that met it and the lowest that did not must come.</summary>
    public const double CloseEnough = 1.05;

    // Of the rate that a closed loop reached: enough for a picture before the search begins.
    private static readonly double[] Grid = [0.25, 0.5, 0.75, 1];
    private const double Up = 1.25;

    /// <param name="capacity">Requests a second of a closed loop.</param>
    /// <param name="tried">So far, in any order.</param>
    /// <returns>Null: it is found.</returns>
    public static double? Next(double capacity, IReadOnlyList<(double Rate, bool Met)> tried)
    {
        if (tried.Count < Grid.Length)
        {
            return capacity * Grid[tried.Count];
        }

        var met = tried.Where(t => t.Met).Select(t => t.Rate).DefaultIfEmpty(0).Max();
        var missed = tried.Where(t => !t.Met && t.Rate > met).Select(t => t.Rate).DefaultIfEmpty(double.PositiveInfinity).Min();
        if (double.IsPositiveInfinity(missed))
        {
            return met * Up;
        }

        return met > 0 && missed / met <= CloseEnough ? null : (met + missed) / 2;
    }
}
