using System.CommandLine;
using Orchestrator.Cli.Artefacts;
using Orchestrator.Cli.Output;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Images;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch model build</c>: bakes a version into an image.</summary>
internal sealed class BuildCommand
{
    private readonly Argument<string> _model = new("model") { Description = "Name of the model." };
    private readonly Option<string> _version = new("--version") { Description = "Name of the version; becomes the image's tag.", Required = true, HelpName = "VERSION" };
    private readonly Option<string> _framework = new("--framework") { Description = "Whose image it starts from: sklearn, onnx, dotnet, noop, or custom with --base.", Required = true, HelpName = "NAME" };
    private readonly Option<string?> _path = new("--path") { Description = "File or folder with the model; uploaded unless the orchestrator has it.", HelpName = "PATH" };
    private readonly Option<string?> _requirements = new("--requirements") { Description = "A requirements.txt to install with pip.", HelpName = "FILE" };
    private readonly Option<string?> _registry = new("--registry") { Description = "Comes before the image's name, such as registry.example.com:5000/team.", HelpName = "NAME" };
    private readonly Option<string?> _base = new("--base") { Description = "Image to start from instead of the framework's own.", HelpName = "IMAGE" };
    private readonly Option<bool> _push = new("--push") { Description = "Push it to its registry when it is built, with the login that the orchestrator finds in Docker's configuration." };

    public static Command Create(CliContext context, GlobalOptions globals)
    {
        var build = new BuildCommand();
        return new Command("build", "Bake a version into an image, registry/cluster-model:version: orch model build digits --version 3 --framework sklearn --path model.pkl")
            .With(build._model, build._version, build._framework, build._path, build._requirements, build._registry, build._base, build._push)
            .Runs(context, globals, build.RunAsync);
    }

    private async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken stop)
    {
        var (model, printer) = (parsed.GetRequiredValue(_model), session.Printer);
        var built = await BuildAsync(session, model, await ReadRequestAsync(session, parsed, stop), stop);
        await printer.ResultAsync(built, j => j.BuiltImage, async () =>
        {
            await printer.LineAsync($"{built.Image} ({Sizes.Format(built.Bytes)}, {built.Id})");
            await printer.NoteAsync($"deploy it with: orch model deploy {model} --version {parsed.GetRequiredValue(_version)} --framework {parsed.GetRequiredValue(_framework)} --image {built.Image}");
        });
        return ExitCodes.Ok;
    }

    private async Task<BuildImageRequest> ReadRequestAsync(Session session, ParseResult parsed, CancellationToken stop)
    {
        var requirements = parsed.GetValue(_requirements) is { } file ? await ReadTextAsync(file, stop) : null;
        var version = new ModelVersionSpec
        {
            Version = parsed.GetRequiredValue(_version),
            Framework = parsed.GetRequiredValue(_framework),
            Artefact = parsed.GetValue(_path) is { } path ? new ArtefactSpec { Path = path } : null,
        };
        var stored = await new ArtefactUploader(session.Admin, session.Printer).ResolveAsync(version, Directory.GetCurrentDirectory(), stop);
        return new BuildImageRequest(
            version.Version, version.Framework, stored.Artefact?.Digest, requirements, parsed.GetValue(_registry), parsed.GetValue(_base), parsed.GetValue(_push));
    }

    private static async Task<BuiltImage> BuildAsync(Session session, string model, BuildImageRequest request, CancellationToken stop)
    {
        await foreach (var message in session.Admin.BuildAsync(model, request, stop))
        {
            if (message.Built is { } built)
            {
                return built;
            }

            if (message.Error is { } error)
            {
                throw new CliException(ExitCodes.Failed, error);
            }

            await session.Printer.NoteAsync(message.Line ?? "");
        }

        throw new CliException(ExitCodes.Failed, "The build broke off without a word: the orchestrator has ended, or the connection to it. Run the same again; what was built of it is kept.");
    }

    private static async Task<string> ReadTextAsync(string file, CancellationToken stop)
    {
        try
        {
            return await File.ReadAllTextAsync(file, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Invalid, $"{file}: {FileMistake.Describe(e)}.", innerException: e);
        }
    }
}
