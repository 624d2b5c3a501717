namespace Orchestrator.Container.MlNet.Tables;

/// <summary>Collects one answered column, row by row, then writes it into the batch.</summary>
/// <param name="name">Name of the column and of the output.</param>
/// <param name="width">Elements per row; -1: found with the first row.</param>
internal abstract class OutputColumn(string name, int width)
{
    private readonly bool _varies = width < 0;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Elements per row, once known; before -1.</summary>
    protected int Width { get; private set; } = width;

    /// <summary>The variable dimensions that the signature leaves open.</summary>
    protected ReadOnlySpan<long> Dimensions => _varies ? new long[] { Width } : [];

    /// <summary>Sets the batch's output.</summary>
    public abstract void WriteTo(Batch batch);

    /// <exception cref="InvalidOperationException">This row is longer or shorter than those before it.</exception>
    protected void Take(int length)
    {
        if (Width < 0)
        {
            Width = length;
        }
        else if (Width != length)
        {
            throw new InvalidOperationException($"output '{name}' has rows of {Width} and of {length} elements; a tensor holds rows of one length. Send rows that differ so in batches of their own");
        }
    }

    /// <exception cref="InvalidOperationException">The pipeline made more or fewer rows than it was given.</exception>
    protected void RequireRows(int elements, int rows)
    {
        if (elements != Math.Max(Width, 0) * rows)
        {
            throw new InvalidOperationException($"output '{name}' has {elements} elements for {rows} rows of {Width}; expected a pipeline that makes one row of each");
        }
    }
}

/// <summary>A column whose elements the library hands out as <typeparamref name="T"/>.</summary>
internal abstract class OutputColumn<T>(string name, int width) : OutputColumn(name, width)
{
    /// <summary>Takes the next row; its elements are the caller's again afterwards.</summary>
    public abstract void Append(ReadOnlySpan<T> row);
}

/// <summary>Numbers and booleans, as they are.</summary>
internal sealed class ValueOutput<T>(string name, int width) : OutputColumn<T>(name, width) where T : unmanaged
{
    private readonly List<T> _elements = [];

    public override void Append(ReadOnlySpan<T> row)
    {
        Take(row.Length);
        _elements.AddRange(row);
    }

    public override void WriteTo(Batch batch)
    {
        RequireRows(_elements.Count, batch.Rows);
        _elements.CopyTo(batch.Output<T>(Name, Dimensions));
    }
}

/// <summary>Texts; copied at once, for the library reuses the memory behind them.</summary>
internal sealed class TextOutput(string name, int width) : OutputColumn<ReadOnlyMemory<char>>(name, width)
{
    private readonly List<string> _texts = [];

    public override void Append(ReadOnlySpan<ReadOnlyMemory<char>> row)
    {
        Take(row.Length);
        foreach (var text in row)
        {
            _texts.Add(text.ToString());
        }
    }

    public override void WriteTo(Batch batch)
    {
        RequireRows(_texts.Count, batch.Rows);
        batch.SetTexts(Name, _texts, Dimensions);
    }
}

/// <summary>Keys, answered as the texts behind them: 1 is the first, 0 ('missing') the empty text.</summary>
internal sealed class KeyOutput<T>(string name, int width, IReadOnlyList<string> texts) : OutputColumn<T>(name, width) where T : unmanaged, IConvertible
{
    private readonly List<string> _texts = [];

    public override void Append(ReadOnlySpan<T> row)
    {
        Take(row.Length);
        foreach (var key in row)
        {
            var index = key.ToUInt64(null);
            _texts.Add(index == 0 || index > (ulong)texts.Count ? "" : texts[(int)(index - 1)]);
        }
    }

    public override void WriteTo(Batch batch)
    {
        RequireRows(_texts.Count, batch.Rows);
        batch.SetTexts(Name, _texts, Dimensions);
    }
}
