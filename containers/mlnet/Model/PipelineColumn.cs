using Orchestrator.Protocol;

namespace Orchestrator.Container.MlNet.Model;

/// <summary>A column of an ML.NET schema.</summary>
internal sealed record PipelineColumn
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The library's name of its type, for messages: <c>Vector&lt;Single, 4&gt;</c>.</summary>
    public required string TypeName { get; init; }

    /// <summary>How its elements travel (a key as the unsigned integer behind it); null: they cannot, such as images.</summary>
    public required DataType? DataType { get; init; }

    /// <summary>Dimensions of one row's value: none for a scalar; -1 for one that differs from row to row.</summary>
    public IReadOnlyList<int> Dimensions { get; init; } = [];

    /// <summary>For a key: the text behind 1, 2, ...; 0 is 'missing'. Null: no key, or its values are no texts.</summary>
    public IReadOnlyList<string>? KeyTexts { get; init; }

    /// <summary>Names of a vector's elements, such as the classes of a score; null: it has none.</summary>
    public IReadOnlyList<string>? ElementNames { get; init; }

    /// <summary>Elements of one row; -1 if that differs from row to row.</summary>
    public int Width => Dimensions.Contains(-1) ? -1 : Dimensions.Aggregate(1, (width, dimension) => checked(width * dimension));
}
