using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Checks;

internal sealed class ServerMetadataCheck() : ContractCheck("server.metadata", "tells its name and extensions", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken) =>
        ServerMetadataCodec.Read((await context.Client.GetAsync("/v2", cancellationToken)).ExpectStatus(200).Body, CodecLimits.Default);
}

internal sealed class ModelMetadataCheck() : ContractCheck("model.metadata", "tells the model's inputs and outputs", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var answer = (await context.Client.GetAsync(context.Client.ModelPath, cancellationToken)).ExpectStatus(200);
        var model = ModelMetadataCodec.Read(answer.Body, CodecLimits.Default);
        if (model.Name != context.Target.Model)
        {
            throw new CheckFailedException($"the name '{context.Target.Model}'", $"'{model.Name}'");
        }

        if (model.Inputs.Count == 0 || model.Outputs.Count == 0)
        {
            throw new CheckFailedException("at least one input and one output", $"{model.Inputs.Count} inputs and {model.Outputs.Count} outputs");
        }
    }
}

internal sealed class VersionMetadataCheck() : ContractCheck("model.metadata-version", "tells the same under the version's path", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var version = context.Target.Version ?? (context.Model.Versions is [var first, ..] ? first : throw new CheckSkippedException("the metadata list no versions"));
        var answer = await context.Client.GetAsync($"{context.Client.ModelPath}/versions/{Uri.EscapeDataString(version)}", cancellationToken);
        var model = ModelMetadataCodec.Read(answer.ExpectStatus(200).Body, CodecLimits.Default);
        if (model.Name != context.Target.Model || !model.Inputs.Select(i => i.Name).SequenceEqual(context.Model.Inputs.Select(i => i.Name)))
        {
            throw new CheckFailedException("the model's name and inputs", $"'{model.Name}' with {string.Join(", ", model.Inputs.Select(i => i.Name))}");
        }
    }
}

internal sealed class ModelReadyCheck() : ContractCheck("model.ready", "answers that the model is ready", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken) =>
        (await context.Client.GetAsync($"{context.Client.ModelPath}/ready", cancellationToken)).ExpectStatus(200);
}

internal sealed class UnknownModelCheck() : ContractCheck("model.unknown", "answers 404 for another model", CheckLevel.Required)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        (await context.Client.GetAsync("/v2/models/no-such-model", cancellationToken)).ExpectStatus(404);
        var body = new InferCall { Inputs = context.JsonRows() }.ToBody();
        (await context.Client.PostAsync("/v2/models/no-such-model/infer", body, null, cancellationToken)).ExpectStatus(404);
    }
}

internal sealed class UnknownVersionCheck() : ContractCheck("model.unknown-version", "answers 404 for another version", CheckLevel.Extra)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        (await context.Client.GetAsync($"{context.Client.ModelPath}/versions/no-such-version", cancellationToken)).ExpectError(404);
        var body = new InferCall { Inputs = context.Rows(), Form = InferCall.AllBinary }.ToBody();
        (await context.Client.PostAsync($"{context.Client.ModelPath}/versions/no-such-version/infer", body, null, cancellationToken)).ExpectError(404);
    }
}

internal sealed class UnknownPathCheck() : ContractCheck("path.unknown", "answers 404 for a path that does not exist", CheckLevel.Extra)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken) =>
        (await context.Client.GetAsync("/v2/no/such/path", cancellationToken)).ExpectError(404);
}

internal sealed class WrongVerbCheck() : ContractCheck("path.wrong-verb", "answers 405 for a wrong verb", CheckLevel.Extra)
{
    public override async Task RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        (await context.Client.GetAsync(context.Client.InferPath, cancellationToken)).ExpectError(405);
        (await context.Client.SendAsync(HttpMethod.Delete, context.Client.ModelPath, cancellationToken)).ExpectError(405);
    }
}
