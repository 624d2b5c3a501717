using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Orchestrator.Benchmarks.Inputs;

/// <summary>Questions of one number to the no-op model, whose answer is that number: new ones for each measurement, so that no cache knows them from the last.</summary>
internal sealed class NumberRows
{
    /// <summary>More than a measurement sends.</summary>
    private const int Apart = 10_000_000;
    private readonly Func<int, int> _keyOf;
    private readonly int _first;

    private NumberRows(int measurement, Func<int, int> keyOf)
    {
        _first = measurement * Apart;
        _keyOf = keyOf;
    }

    /// <summary>Each is another.</summary>
    public static NumberRows Distinct(int measurement) => new(measurement, index => index);

    /// <summary>The k-th most frequent of <paramref name="keys"/> comes 1/k as often as the most frequent.</summary>
    public static NumberRows Zipf(int measurement, int keys, int length)
    {
        var sums = new double[keys];
        var sum = 0.0;
        for (var k = 0; k < keys; k++)
        {
            sums[k] = sum += 1.0 / (k + 1);
        }

        // It shapes a measurement, it guards nothing.
#pragma warning disable CA5394
        var random = new Random(measurement);
        var drawn = new int[length];
        for (var i = 0; i < length; i++)
        {
            var at = Array.BinarySearch(sums, random.NextDouble() * sum);
            drawn[i] = Math.Min(at < 0 ? ~at : at, keys - 1);
        }
#pragma warning restore CA5394
        return new NumberRows(measurement, index => drawn[index % length]);
    }

    public ReadOnlyMemory<byte> Body(int index) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"input\":[{_first + _keyOf(index)}]}}"));

    public bool IsRight(int index, ReadOnlySpan<byte> answer)
    {
        var at = answer.IndexOf("\"output\":"u8);
        return at >= 0 && Utf8Parser.TryParse(answer[(at + 9)..], out double sum, out _) && (int)sum == _first + _keyOf(index);
    }
}
