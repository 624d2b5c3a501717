using System.Globalization;
using System.Runtime.InteropServices;
using Orchestrator.Conformance.Checks;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>Compares outputs: what is no float exactly, floats nearly (batches may be summed in another order).</summary>
internal static class TensorComparison
{
    private const double Tolerance = 1e-4;

    public static void ExpectEqual(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual, string what, IReadOnlySet<string> varying)
    {
        var (names, gotNames) = (string.Join(", ", expected.Select(t => t.Name)), string.Join(", ", actual.Select(t => t.Name)));
        if (names != gotNames)
        {
            throw new CheckFailedException($"{what} to have the outputs {names}", gotNames);
        }

        for (var i = 0; i < expected.Count; i++)
        {
            ExpectEqualForm(expected[i], actual[i], what);
            if (!varying.Contains(expected[i].Name))
            {
                ExpectEqualValues(expected[i], actual[i], what);
            }
        }
    }

    private static void ExpectEqualForm(Tensor expected, Tensor actual, string what)
    {
        var (form, gotForm) = (Form(expected), Form(actual));
        if (form != gotForm)
        {
            throw new CheckFailedException($"{what}: output '{expected.Name}' as {form}", gotForm);
        }
    }

    private static void ExpectEqualValues(Tensor expected, Tensor actual, string what)
    {
        if (expected.DataType is not (DataType.Fp16 or DataType.Fp32 or DataType.Fp64))
        {
            if (!expected.Data.Span.SequenceEqual(actual.Data.Span))
            {
                throw new CheckFailedException($"{what}: output '{expected.Name}' to have the same values", "others");
            }

            return;
        }

        var values = MemoryMarshal.Cast<byte, double>(TensorRows.Convert(expected, DataType.Fp64).Data.Span);
        var gotValues = MemoryMarshal.Cast<byte, double>(TensorRows.Convert(actual, DataType.Fp64).Data.Span);
        for (var i = 0; i < values.Length; i++)
        {
            if (!IsNear(values[i], gotValues[i]))
            {
                throw new CheckFailedException(
                    string.Create(CultureInfo.InvariantCulture, $"{what}: output '{expected.Name}', element {i}, near {values[i]}"), gotValues[i].ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static bool IsNear(double a, double b) => a.Equals(b) || Math.Abs(a - b) <= Tolerance * Math.Max(1, Math.Max(Math.Abs(a), Math.Abs(b)));

    private static string Form(Tensor tensor) => $"{tensor.DataType.ToName()} [{string.Join(", ", tensor.Shape)}]";
}
