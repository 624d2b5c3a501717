namespace Orchestrator.Core.Cluster;

/// <summary>Finds what somebody probably meant.</summary>
public static class Suggestion
{
    /// <summary><c> (did you mean 'x'?)</c>, or nothing if no candidate is near: at most a third of the letters wrong, and one of them right.</summary>
    public static string For(string text, IEnumerable<string> candidates)
    {
        var nearest = candidates
            .Select(c => (Candidate: c, Distance: Distance(text.ToLowerInvariant(), c.ToLowerInvariant())))
            .OrderBy(c => c.Distance)
            .ThenBy(c => c.Candidate, StringComparer.Ordinal)
            .FirstOrDefault((Candidate: "", Distance: int.MaxValue));
        var shorter = Math.Min(text.Length, nearest.Candidate.Length);
        return nearest.Distance < shorter && nearest.Distance <= Math.Max(1, (shorter + 2) / 3) ? $" (did you mean '{nearest.Candidate}'?)" : "";
    }

    /// <summary>Least number of letters inserted, removed, replaced or swapped with a neighbour (Damerau-Levenshtein, restricted).</summary>
    internal static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 40 || a.Length > 200)
        {
            return int.MaxValue; // no typing mistake; and the work below grows with the product of the lengths
        }

        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                rows[i, j] = Cell(rows, a, b, i, j);
            }
        }

        return rows[a.Length, b.Length];
    }

    private static int Cell(int[,] rows, string a, string b, int i, int j)
    {
        if (i == 0 || j == 0)
        {
            return i + j;
        }

        var cost = a[i - 1] == b[j - 1] ? 0 : 1;
        var best = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
        return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] ? Math.Min(best, rows[i - 2, j - 2] + 1) : best;
    }
}
