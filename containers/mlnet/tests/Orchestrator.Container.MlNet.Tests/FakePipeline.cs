using Orchestrator.Container.MlNet.Model;
using Orchestrator.Container.MlNet.Tables;
using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Tests;

/// <summary>
/// A multiclass model as ML.NET loads one: features, a text, a training label that no output depends on, an image nobody needs; it makes intermediate columns, a label, a score with
/// named slots, a key. Behaves as seen with Microsoft.ML 5.0.0: it asks for every column of the schema, with the schema's type.
/// </summary>
internal sealed class FakePipeline : IPipeline
{
    public static readonly PipelineColumn Features = new() { Name = "Features", TypeName = "Vector<Single, 2>", DataType = DataType.Fp32, Dimensions = [2] };
    public static readonly PipelineColumn Word = new() { Name = "Word", TypeName = "String", DataType = DataType.Bytes };
    public static readonly PipelineColumn Species = new() { Name = "Species", TypeName = "String", DataType = DataType.Bytes };
    public static readonly PipelineColumn Picture = new() { Name = "Picture", TypeName = "Image", DataType = null };
    public static readonly PipelineColumn Length = new() { Name = "Length", TypeName = "Int32", DataType = DataType.Int32 };
    public static readonly PipelineColumn Score = new() { Name = "Score", TypeName = "Vector<Single, 3>", DataType = DataType.Fp32, Dimensions = [3], ElementNames = ["setosa", "versicolor", "virginica"] };
    public static readonly PipelineColumn Label = new() { Name = "PredictedLabel", TypeName = "String", DataType = DataType.Bytes };
    public static readonly PipelineColumn Key = new() { Name = "Key", TypeName = "Key<UInt32, 0-1>", DataType = DataType.UInt32, KeyTexts = ["one", "two"] };
    public static readonly PipelineColumn Letters = new() { Name = "Letters", TypeName = "Vector<Byte>", DataType = DataType.UInt8, Dimensions = [-1] };

    public string Framework => "ML.NET fake";

    public IReadOnlyList<PipelineColumn> Inputs { get; init; } = [Features, Word, Species, Picture];

    public IReadOnlyList<PipelineColumn> Outputs { get; init; } = [Length, Score, Label, Key, Letters];

    public IReadOnlySet<string>? Needed { get; init; } = new HashSet<string> { "Features", "Word" };

    public int RowsPerRow { get; init; } = 1;

    public Exception? Failure { get; init; }

    public IReadOnlySet<string>? InputsOf(IReadOnlyList<PipelineColumn> outputs) => Needed;

    public void Run(InputTable inputs, IReadOnlyList<OutputColumn> outputs, CancellationToken cancellationToken)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        inputs.Columns.Count.ShouldBe(Inputs.Count);
        for (var row = 0; row < inputs.Rows * RowsPerRow; row++)
        {
            var features = Read<float>(inputs, Features, row);
            var word = Read<ReadOnlyMemory<char>>(inputs, Word, row)[0];
            var species = Read<ReadOnlyMemory<char>>(inputs, Species, row)[0];
            foreach (var output in outputs)
            {
                Append(output, features, word.ToString(), species.ToString());
            }
        }
    }

    private static void Append(OutputColumn output, float[] features, string word, string species)
    {
        switch (output)
        {
            case OutputColumn<float> score:
                score.Append([features[0], features[1], features[0] + features[1]]);
                break;
            case OutputColumn<ReadOnlyMemory<char>> label:
                label.Append([$"{word}/{species}".AsMemory()]);
                break;
            case OutputColumn<uint> key:
                key.Append([(uint)features[0]]);
                break;
            case OutputColumn<int> length:
                length.Append([word.Length]);
                break;
            case OutputColumn<byte> letters:
                letters.Append([.. word.Select(c => (byte)c)]);
                break;
            default:
                throw new NotSupportedException(output.Name);
        }
    }

    private T[] Read<T>(InputTable table, PipelineColumn column, int row)
    {
        var index = Inputs.ToList().IndexOf(column);
        if (index < 0)
        {
            return new T[Math.Max(column.Width, 0)];
        }

        var values = (InputColumn<T>)table.Columns[index]!;
        var elements = new T[values.Width];
        values.CopyRow(row % table.Rows, elements);
        return elements;
    }
}
