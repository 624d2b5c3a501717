using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Checks;

internal sealed class InferJsonFlatCheck() : ContractCheck("infer.json-flat", "computes inputs sent as flat JSON", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var answer = await context.Client.InferAsync(new InferCall { Inputs = context.JsonRows() }, cancellationToken);
        if (answer.Outputs.Count == 0)
        {
            throw new CheckFailedException("at least one output", "none");
        }
    }
}

internal sealed class InferJsonNestedCheck() : ContractCheck("infer.json-nested", "computes inputs sent as nested JSON", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var rows = context.JsonRows(2);
        var flat = await context.Client.InferAsync(new InferCall { Inputs = rows }, cancellationToken);
        var nested = await context.Client.InferAsync(new InferCall { Inputs = rows, Form = _ => TensorForm.Nested }, cancellationToken);
        context.ExpectEqual(flat.Outputs, nested.Outputs, "the answer to nested JSON, against flat JSON,");
    }
}

internal sealed class InferBinaryCheck() : ContractCheck("infer.binary", "computes raw inputs and answers raw outputs", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        context.SkipWithoutBinary();
        var call = new InferCall { Inputs = context.Rows(2), Form = InferCall.AllBinary, BinaryOutput = true };
        var answer = await context.Client.PostInferAsync(call.ToBody(), cancellationToken);
        answer.ExpectInference();
        if (answer.Header(ContractNames.HeaderLength) is null)
        {
            throw new CheckFailedException($"raw outputs, with the header {ContractNames.HeaderLength}", "an answer without it");
        }
    }
}

/// <summary>The form the orchestrator itself sends: JSON padded with spaces, so that tensors are aligned.</summary>
internal sealed class InferBinaryPaddedCheck() : ContractCheck("infer.binary-padded", "takes a JSON header padded with spaces", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        context.SkipWithoutBinary();
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var length = InferCodec.WriteBinaryRequest(buffer, new InferRequest { Inputs = context.Rows(2) });
        var body = new InferBody(buffer.WrittenSpan.ToArray(), length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await context.Client.PostInferAsync(body, cancellationToken)).ExpectInference();
    }
}

internal sealed class InferSameAnswersCheck() : ContractCheck("infer.same-answers", "answers the same to JSON and raw inputs, as JSON and raw", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        context.SkipWithoutBinary();
        var rows = context.JsonRows(2);
        var reference = await context.Client.InferAsync(new InferCall { Inputs = rows }, cancellationToken);
        var perOutput = reference.Outputs.Select(o => new RequestedOutput(o.Name, true)).ToArray();
        (string What, InferCall Call)[] others =
        [
            ("binary in, binary out", new() { Inputs = rows, Form = InferCall.AllBinary, BinaryOutput = true }),
            ("binary in, JSON out", new() { Inputs = rows, Form = InferCall.AllBinary }),
            ("JSON in, binary out", new() { Inputs = rows, BinaryOutput = true }),
            ("JSON in, binary asked for each output", new() { Inputs = rows, Outputs = perOutput }),
        ];
        foreach (var (what, call) in others)
        {
            context.ExpectEqual(reference.Outputs, (await context.Client.InferAsync(call, cancellationToken)).Outputs, $"the answer ({what}), against JSON in and out,");
        }
    }
}

internal sealed class InferMixedCheck() : ContractCheck("infer.mixed", "takes raw and JSON inputs in one request", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        context.SkipWithoutBinary();
        var rows = context.JsonRows(2);
        if (rows.Length < 2)
        {
            throw new CheckSkippedException("the model has one input only");
        }

        var reference = await context.Client.InferAsync(new InferCall { Inputs = rows }, cancellationToken);
        var mixed = await context.Client.InferAsync(new InferCall { Inputs = rows, Form = i => i % 2 == 0 ? TensorForm.Binary : TensorForm.Flat }, cancellationToken);
        context.ExpectEqual(reference.Outputs, mixed.Outputs, "the answer to mixed inputs, against JSON,");
    }
}

internal sealed class InferSignatureCheck() : ContractCheck("infer.signature", "answers outputs of the datatypes and shapes that the metadata tell", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var rows = context.JsonRows(2);
        var answer = await context.Client.InferAsync(new InferCall { Inputs = rows }, cancellationToken);
        foreach (var output in answer.Outputs)
        {
            var told = context.Model.Outputs.FirstOrDefault(o => o.Name == output.Name) ?? throw new CheckFailedException("only outputs of the metadata", $"'{output.Name}'");
            var isRight = told.DataType == output.DataType && told.Shape.Length == output.Shape.Length && output.Rows == rows[0].Rows;
            for (var d = 1; isRight && d < told.Shape.Length; d++)
            {
                isRight = told.Shape[d] == -1 || told.Shape[d] == output.Shape[d];
            }

            if (!isRight)
            {
                throw new CheckFailedException(
                    $"output '{told.Name}' as {told.DataType.ToName()} [{string.Join(", ", told.Shape)}] with {rows[0].Rows} rows", $"{output.DataType.ToName()} [{string.Join(", ", output.Shape)}]");
            }
        }
    }
}

internal sealed class InferBatchCheck() : ContractCheck("infer.batch", "answers a batch as it answers its rows one by one", CheckLevel.Required)
{
    private const int Rows = 3;

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        if (context.FewestRows > 1 || context.MaxRows < Rows)
        {
            throw new CheckSkippedException($"the model does not take both one row and {Rows}");
        }

        var batch = await context.Client.InferAsync(new InferCall { Inputs = context.JsonRows(Rows) }, cancellationToken);
        var singles = new List<InferResponse>();
        for (var row = 0; row < Rows; row++)
        {
            singles.Add(await context.Client.InferAsync(new InferCall { Inputs = context.JsonRows(1, row) }, cancellationToken));
        }

        var joined = batch.Outputs.Select((o, i) => TensorRows.Concat(singles.ConvertAll(s => i < s.Outputs.Count ? s.Outputs[i] : throw new CheckFailedException($"output '{o.Name}' for a single row", "none")))).ToArray();
        context.ExpectEqual(joined, batch.Outputs, $"the answer to a batch of {Rows}, against its rows one by one,");
    }
}

internal sealed class LargestBatchCheck() : ContractCheck("infer.largest-batch", "takes as many rows as max_batch_size says, and no more", CheckLevel.Extra)
{
    private const int Many = 4096;

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var most = context.MaxRows is { } rows and <= Many ? rows : throw new CheckSkippedException($"no max_batch_size up to {Many} is told");
        context.SkipWithoutBinary();
        var answer = await context.Client.InferAsync(new InferCall { Inputs = context.Rows(most), Form = InferCall.AllBinary }, cancellationToken);
        if (answer.Outputs.Any(o => o.Rows != most))
        {
            throw new CheckFailedException($"{most} rows", string.Join(", ", answer.Outputs.Select(o => o.Rows)));
        }

        var beyond = await context.Client.PostInferAsync(new InferCall { Inputs = context.Rows(most + 1), Form = InferCall.AllBinary }.ToBody(), cancellationToken);
        context.ExpectRefusal(beyond, $"{most + 1} rows are more than max_batch_size");
    }
}

internal sealed class InferConvertsCheck() : ContractCheck("infer.converts", "converts datatypes where no value changes its meaning", CheckLevel.Extra)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var rows = context.JsonRows(2);
        var other = Array.ConvertAll(rows, r => r.DataType switch
        {
            DataType.Fp32 => TensorRows.Convert(r, DataType.Fp64),
            DataType.Fp64 when context.Target.Sample is null => TensorRows.Convert(r, DataType.Int32),
            DataType.Fp64 => TensorRows.Convert(r, DataType.Fp32),
            _ => r,
        });
        if (other.SequenceEqual(rows))
        {
            throw new CheckSkippedException("the model has no FP32 or FP64 input");
        }

        var reference = await context.Client.InferAsync(new InferCall { Inputs = rows }, cancellationToken);
        var converted = await context.Client.InferAsync(new InferCall { Inputs = other }, cancellationToken);
        context.ExpectEqual(reference.Outputs, converted.Outputs, $"the answer to {string.Join(", ", other.Select(o => o.DataType.ToName()))}, against the signature's datatypes,");
    }
}

internal sealed class OutputSelectionCheck() : ContractCheck("outputs.selection", "answers the outputs that are asked for, in that order", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var rows = context.JsonRows();
        var all = (await context.Client.InferAsync(new InferCall { Inputs = rows }, cancellationToken)).Outputs;
        foreach (var wanted in new[] { all.Reverse().ToArray(), [all[^1]] })
        {
            var call = new InferCall { Inputs = rows, Outputs = [.. wanted.Select(o => new RequestedOutput(o.Name))] };
            context.ExpectEqual(wanted, (await context.Client.InferAsync(call, cancellationToken)).Outputs, "the answer to a request for some outputs");
        }
    }
}

internal sealed class IdEchoCheck() : ContractCheck("id.echo", "gives the request's id back", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        const string id = "check \"1\" é";
        var answer = await context.Client.InferAsync(new InferCall { Inputs = context.JsonRows(), Id = id }, cancellationToken);
        if (answer.Id != id)
        {
            throw new CheckFailedException($"the id {id}", answer.Id ?? "none");
        }
    }
}
