using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orchestrator.Container;
using Orchestrator.Protocol;

namespace Orchestrator.Samples.Digits;

/// <summary>Handwritten digits by multinomial logistic regression, from the weights that <c>samples/digits/train.py</c> writes.</summary>
public sealed class DigitsModel : IModel
{
    private const int Pixels = 64;
    private const string DefaultWeights = "digits-dotnet.json";
    private readonly double[][] _weights;
    private readonly double[] _bias;
    private readonly long[] _classes;

    /// <summary>Reads the weights (option <c>weights</c>, default <c>digits-dotnet.json</c>) beside this assembly.</summary>
    public DigitsModel(ModelContext context)
    {
        var path = context.ArtefactFile(context.Options.Text("weights") ?? DefaultWeights);
        var file = JsonSerializer.Deserialize<WeightsFile>(File.ReadAllBytes(path), JsonSerializerOptions.Web)
            ?? throw new ModelLoadException($"'{path}' is empty, expected an object with weights, bias and classes");
        (_weights, _bias, _classes) = file;
        if (_weights.Length != _classes.Length || _bias.Length != _classes.Length || Array.Exists(_weights, row => row.Length != Pixels))
        {
            throw new ModelLoadException($"'{path}' has {_weights.Length} rows of weights, {_bias.Length} biases and {_classes.Length} classes; expected as many of each, and {Pixels} weights a row");
        }

        Signature = new ModelSignature
        {
            Inputs = [new TensorMetadata("input", DataType.Fp64, [-1, Pixels])],
            Outputs = [new TensorMetadata("label", DataType.Int64, [-1]), new TensorMetadata("probabilities", DataType.Fp64, [-1, _classes.Length])],
        };
    }

    /// <inheritdoc/>
    public ModelSignature Signature { get; }

    /// <inheritdoc/>
    public ValueTask PredictAsync(Batch batch, CancellationToken cancellationToken)
    {
        var images = batch.Values<double>("input");
        var labels = batch.Output<long>("label");
        var probabilities = batch.Output<double>("probabilities");
        for (var row = 0; row < batch.Rows; row++)
        {
            var scores = probabilities.Slice(row * _classes.Length, _classes.Length);
            labels[row] = _classes[Score(images.Slice(row * Pixels, Pixels), scores)];
            Softmax(scores);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Index of the best class.</summary>
    private int Score(ReadOnlySpan<double> image, Span<double> scores)
    {
        var best = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = _bias[i] + Dot(image, _weights[i]);
            best = scores[i] > scores[best] ? i : best;
        }

        return best;
    }

    private static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sums = Vector<double>.Zero;
        var leftVectors = MemoryMarshal.Cast<double, Vector<double>>(left);
        var rightVectors = MemoryMarshal.Cast<double, Vector<double>>(right);
        for (var i = 0; i < leftVectors.Length; i++)
        {
            sums += leftVectors[i] * rightVectors[i];
        }

        return Vector.Sum(sums);
    }

    private static void Softmax(Span<double> scores)
    {
        var most = double.NegativeInfinity;
        foreach (var score in scores)
        {
            most = Math.Max(most, score);
        }

        var sum = 0.0;
        foreach (ref var score in scores)
        {
            score = Math.Exp(score - most);
            sum += score;
        }

        foreach (ref var score in scores)
        {
            score /= sum;
        }
    }

    private sealed record WeightsFile(double[][] Weights, double[] Bias, long[] Classes);
}
