using System.Globalization;
using System.Text;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Checks;

/// <summary>A request with one thing wrong in it, made from a right one.</summary>
internal abstract class RefusalCheck(string id, string what, CheckLevel level = CheckLevel.Required) : ContractCheck(id, $"refuses {what}", level)
{
    private readonly string _what = what;

    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        foreach (var body in Bodies(context))
        {
            var answer = await context.Client.PostInferAsync(body, cancellationToken);
            context.ExpectRefusal(answer, $"the request has {_what}");
        }
    }

    protected abstract IEnumerable<InferBody> Bodies(CheckContext context);

    protected static Tensor[] WithFirst(Tensor[] inputs, Func<Tensor, Tensor> change) => [change(inputs[0]), .. inputs[1..]];
}

internal sealed class UnknownInputCheck() : RefusalCheck("refuse.unknown-input", "an input that the model has not")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context) =>
        [new InferCall { Inputs = WithFirst(context.JsonRows(), i => i with { Name = "no_such_input" }) }.ToBody()];
}

internal sealed class MissingInputCheck() : RefusalCheck("refuse.missing-input", "no inputs")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context) => [new InferCall { Inputs = [] }.ToBody(), new InferBody("{}"u8.ToArray(), null)];
}

internal sealed class WrongShapeCheck() : RefusalCheck("refuse.shape", "an input of another shape")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context)
    {
        yield return new InferCall { Inputs = WithFirst(context.JsonRows(), i => i with { Shape = [.. i.Shape, 1, 1] }) }.ToBody();
        yield return new InferCall { Inputs = WithFirst(context.JsonRows(), i => i with { Shape = [.. i.Shape.Select(d => -d)] }) }.ToBody();
    }
}

internal sealed class WrongDatatypeCheck() : RefusalCheck("refuse.datatype", "an input of a datatype that cannot be converted")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context)
    {
        yield return new InferCall { Inputs = WithFirst(context.JsonRows(), Other) }.ToBody();
        var text = Encoding.UTF8.GetString(new InferCall { Inputs = context.JsonRows() }.ToBody().Bytes);
        var name = context.JsonRows()[0].DataType.ToName();
        yield return new InferBody(Encoding.UTF8.GetBytes(text.Replace($"\"{name}\"", "\"FP13\"", StringComparison.Ordinal)), null);
    }

    private static Tensor Other(Tensor input)
    {
        var count = (int)input.ElementCount;
        return input.DataType == DataType.Bytes
            ? input with { DataType = DataType.Fp32, Data = new byte[count * sizeof(float)] }
            : input with { DataType = DataType.Bytes, Data = new byte[count * sizeof(int)] };
    }
}

internal sealed class WrongLengthCheck() : RefusalCheck("refuse.length", "data of another length than the shape says")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context)
    {
        yield return new InferCall { Inputs = WithFirst(context.JsonRows(), Doubled) }.ToBody();
        if (context.Server?.Extensions.Contains(ContractNames.BinaryExtension) == true)
        {
            yield return new InferCall { Inputs = WithFirst(context.Rows(), Doubled), Form = InferCall.AllBinary }.ToBody();
        }
    }

    private static Tensor Doubled(Tensor input) => input with { Data = (byte[])[.. input.Data.Span, .. input.Data.Span] };
}

internal sealed class MalformedJsonCheck() : RefusalCheck("refuse.malformed-json", "malformed JSON")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context)
    {
        var good = new InferCall { Inputs = context.JsonRows() }.ToBody().Bytes;
        yield return new InferBody(good[..^2], null);
        yield return new InferBody([.. good, (byte)'}'], null);
        yield return new InferBody([], null);
        yield return new InferBody("[]"u8.ToArray(), null);
        yield return new InferBody([0xFF, 0xFE, 0x00], null);
        yield return new InferBody(Encoding.UTF8.GetBytes(new string('[', 20_000)), null);
    }
}

internal sealed class TruncatedBinaryCheck() : RefusalCheck("refuse.truncated-binary", "raw tensors that end too early or too late")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context)
    {
        context.SkipWithoutBinary();
        var good = new InferCall { Inputs = context.Rows(), Form = InferCall.AllBinary }.ToBody();
        yield return good with { Bytes = good.Bytes[..^1] };
        yield return good with { Bytes = [.. good.Bytes, 0] };
    }
}

internal sealed class HeaderLengthCheck() : RefusalCheck("refuse.header-length", "a wrong length of the JSON header")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context)
    {
        context.SkipWithoutBinary();
        var good = new InferCall { Inputs = context.Rows(), Form = InferCall.AllBinary }.ToBody();
        var length = int.Parse(good.HeaderLength!, CultureInfo.InvariantCulture);
        yield return good with { HeaderLength = (good.Bytes.Length + 1).ToString(CultureInfo.InvariantCulture) };
        yield return good with { HeaderLength = (length - 1).ToString(CultureInfo.InvariantCulture) };
        yield return good with { HeaderLength = "-1" };
        yield return good with { HeaderLength = "many" };
    }
}

internal sealed class UnknownOutputCheck() : RefusalCheck("refuse.unknown-output", "an output that the model has not")
{
    protected override IEnumerable<InferBody> Bodies(CheckContext context) =>
        [new InferCall { Inputs = context.JsonRows(), Outputs = [new RequestedOutput("no_such_output")] }.ToBody()];
}

/// <summary>Foreign servers are not asked: it may end them.</summary>
internal sealed class ShapeBombCheck() : RefusalCheck("refuse.shape-bomb", "a shape of 10^12 elements without the data", CheckLevel.Extra)
{
    private const long Huge = 1_000_000_000_000;

    protected override IEnumerable<InferBody> Bodies(CheckContext context)
    {
        yield return new InferCall { Inputs = WithFirst(context.JsonRows(), Bomb) }.ToBody();
        yield return new InferCall { Inputs = WithFirst(context.Rows(), Bomb), Form = InferCall.AllBinary }.ToBody();
    }

    private static Tensor Bomb(Tensor input)
    {
        var shape = (long[])input.Shape.Clone();
        shape[0] = Huge;
        return input with { Shape = shape };
    }
}

internal sealed class StillServesCheck() : ContractCheck("refuse.still-serves", "computes right requests after all the wrong ones", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        (await context.Client.GetAsync("/v2/health/ready", cancellationToken)).ExpectStatus(200);
        await context.Client.InferAsync(new InferCall { Inputs = context.JsonRows() }, cancellationToken);
    }
}
