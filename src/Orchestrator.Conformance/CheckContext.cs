using Orchestrator.Conformance.Checks;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>What checks share: the client, and what the container said of itself.</summary>
internal sealed class CheckContext(ConformanceTarget target, ContainerClient client, TimeProvider time)
{
    private const string VaryingProperty = "varying_outputs";

    private ModelMetadata? _model;

    public ConformanceTarget Target { get; } = target;

    public ContainerClient Client { get; } = client;

    public TimeProvider Time { get; } = time;

    /// <summary>Server metadata; null: could not be read, which is a failed check of its own.</summary>
    public ServerMetadata? Server { get; private set; }

    /// <summary>Whether it is one of ours.</summary>
    public bool HasContainerExtension => Server is not null && Server.Extensions.Contains(ContractNames.ContainerExtension);

    /// <summary>The model failed on inputs made up from its signature.</summary>
    public bool CannotComputeMadeUpInputs { get; set; }

    /// <summary>Model metadata.</summary>
    /// <exception cref="CheckSkippedException">It could not be read.</exception>
    public ModelMetadata Model => _model ?? throw new CheckSkippedException("needs the model's metadata, which could not be read: see model.metadata");

    /// <summary>Most rows it may be sent; null: any number.</summary>
    public int? MaxRows => Model.Properties.TryGetValue("max_batch_size", out var text) && int.TryParse(text, out var rows) ? rows : FixedRows;

    /// <summary>A server that pads nothing, with a fixed batch dimension, wants exactly so many rows; 1 otherwise.</summary>
    public int FewestRows => HasContainerExtension ? 1 : FixedRows ?? 1;

    private HashSet<string> VaryingOutputs =>
        [.. Target.VaryingOutputs, .. (_model?.Properties.GetValueOrDefault(VaryingProperty) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private int? FixedRows => Model.Inputs.FirstOrDefault(i => i.Shape is [> 0, ..]) is { } input ? (int)input.Shape[0] : null;

    /// <summary>Reads both metadata; what goes wrong is left to the checks of them.</summary>
    public async Task DiscoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            Server = ServerMetadataCodec.Read((await Client.GetAsync("/v2", cancellationToken)).ExpectStatus(200).Body, CodecLimits.Default);
            _model = ModelMetadataCodec.Read((await Client.GetAsync(Client.ModelPath, cancellationToken)).ExpectStatus(200).Body, CodecLimits.Default);
        }
        catch (ProtocolException)
        {
            // server.metadata and model.metadata report it with its cause.
        }
        catch (CheckFailedException)
        {
            // As above.
        }
    }

    /// <summary>Compares outputs, without the values of those that vary by design.</summary>
    public void ExpectEqual(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual, string what) =>
        TensorComparison.ExpectEqual(expected, actual, what, VaryingOutputs);

    /// <summary>Sample inputs.</summary>
    public Tensor[] Rows(int count = 0, int first = 0) => SampleRows.Take(Model, Target.Sample, first, Math.Max(count, FewestRows));

    /// <summary>As <see cref="Rows"/>, for a request as JSON.</summary>
    /// <exception cref="CheckSkippedException">An input has no JSON form.</exception>
    public Tensor[] JsonRows(int count = 0, int first = 0)
    {
        var rows = Rows(count, first);
        return rows.Any(r => r.DataType == DataType.Bf16) ? throw new CheckSkippedException("an input is BF16, which has no JSON form") : rows;
    }

    public void SkipWithoutBinary()
    {
        if (Server is null || !Server.Extensions.Contains(ContractNames.BinaryExtension))
        {
            throw new CheckSkippedException($"the server does not list the extension {ContractNames.BinaryExtension}");
        }
    }

    /// <summary>A wrong request: ours say 400 with the cause, others some 4xx.</summary>
    public void ExpectRefusal(Answer answer, string because)
    {
        if (HasContainerExtension && answer.Status == 400)
        {
            answer.ExpectError(400);
            return;
        }

        if (HasContainerExtension || answer.Status is < 400 or >= 500)
        {
            throw new CheckFailedException($"{(HasContainerExtension ? "400" : "a status from 400 to 499")} because {because}", answer.Excerpt);
        }
    }
}
