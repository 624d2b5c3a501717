using System.CommandLine;
using Orchestrator.Cli.Output;
using Orchestrator.Cli.Specs;
using Orchestrator.Cli.Waiting;
using Orchestrator.Core;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch model ...</c> but for <c>deploy</c> and <c>build</c>.</summary>
internal static class ModelCommands
{
    public static Command Create(CliContext context, GlobalOptions globals) =>
        new Command("model", "Models and their versions.").With(
            List(context, globals), Show(context, globals), DeployCommand.Create(context, globals), BuildCommand.Create(context, globals), Rollback(context, globals), Scale(context, globals), Remove(context, globals));

    private static Command List(CliContext context, GlobalOptions globals) =>
        new Command("list", "List the models with all their versions.").Runs(context, globals, async (session, _, stop) =>
        {
            var models = await session.Admin.ModelsAsync(stop);
            await session.Printer.ResultAsync(models, j => j.IReadOnlyListModelStatus, () => session.Printer.TableAsync(StatusTables.Models(models, all: true)));
            return ExitCodes.Ok;
        });

    private static Command Show(CliContext context, GlobalOptions globals)
    {
        var name = ModelName(context, globals, "Name of the model; with :VERSION its latency profile is that version's.");
        return new Command("show", "Show one model: signature, replicas, latency by batch size.").With(name).Runs(context, globals, async (session, parsed, stop) =>
        {
            var (modelName, versionName) = SpecOptions.Name(parsed.GetRequiredValue(name));
            var (model, version) = await session.FindVersionAsync(modelName, versionName, stop);
            await session.Printer.ResultAsync(model, j => j.ModelStatus, async () =>
            {
                await session.Printer.LineAsync($"{model.Name}: {model.State}{(model.Reason is null ? "" : $": {model.Reason}")}");
                await session.Printer.LineAsync($"current {model.CurrentVersion}, serving {model.ServingVersion ?? "none"}, {(model.PreviousVersion is null ? "no version to roll back to" : $"rollback to {model.PreviousVersion}")}");
                foreach (var line in Signature(version))
                {
                    await session.Printer.LineAsync(line);
                }

                await session.Printer.TableAsync(StatusTables.Replicas(model));
                var profile = StatusTables.Profile(await session.Admin.ProfileAsync(new ModelVersionId(model.Name, version.Spec.Version), stop));
                if (profile.Count > 0)
                {
                    await session.Printer.LineAsync("");
                    await session.Printer.TableAsync(profile);
                }
            });
            return ExitCodes.Ok;
        });
    }

    private static IEnumerable<string> Signature(Core.Admin.VersionStatus version)
    {
        if (version.Signature is not { } signature)
        {
            yield break;
        }

        yield return $"version {version.Spec.Version} ({signature.Platform}):";
        foreach (var input in signature.Inputs)
        {
            yield return $"  in   {input.Name} {input.Datatype} [{string.Join(", ", input.Shape)}]";
        }

        foreach (var output in signature.Outputs)
        {
            yield return $"  out  {output.Name} {output.Datatype} [{string.Join(", ", output.Shape)}]";
        }

        foreach (var warning in StatusTables.Warnings(version))
        {
            yield return $"  {warning}";
        }
    }

    private static Command Rollback(CliContext context, GlobalOptions globals)
    {
        var name = ModelName(context, globals, "Name of the model.");
        var to = new Option<string?>("--to") { Description = "The version to go back to; by default the one that served before.", HelpName = "VERSION" };
        var wait = new WaitOptions();
        return wait.AddTo(new Command("rollback", "Go back to the version that served before, or to that of --to; rolling back again goes forth again.").With(name, to)).Runs(context, globals, async (session, parsed, stop) =>
        {
            var model = await session.FindModelAsync(parsed.GetRequiredValue(name), stop);
            var result = await session.Admin.RollbackAsync(model.Name, parsed.GetValue(to), stop)
                .NamingOptionsAsync(session.Admin, parsed.CommandResult.Command, new EditedThing(model.Name, parsed.GetValue(to)), stop);
            await wait.FinishAsync(session, parsed, result, WaitTarget.Model(model.Name), stop);
            return ExitCodes.Ok;
        });
    }

    private static Command Scale(CliContext context, GlobalOptions globals)
    {
        var name = ModelName(context, globals, "MODEL or MODEL:VERSION; without a version the current one.");
        var replicas = new Argument<int>("replicas") { Description = "How many replicas run." };
        var wait = new WaitOptions();
        return wait.AddTo(new Command("scale", "Change the number of replicas.").With(name, replicas)).Runs(context, globals, async (session, parsed, stop) =>
        {
            var (modelName, versionName) = SpecOptions.Name(parsed.GetRequiredValue(name));
            var (model, version) = await session.FindVersionAsync(modelName, versionName, stop);
            var result = await session.Admin.ScaleAsync(new ModelVersionId(model.Name, version.Spec.Version), parsed.GetValue(replicas), stop)
                .NamingOptionsAsync(session.Admin, parsed.CommandResult.Command, new EditedThing(model.Name, version.Spec.Version), stop);
            await wait.FinishAsync(session, parsed, result, WaitTarget.Model(model.Name), stop);
            return ExitCodes.Ok;
        });
    }

    private static Command Remove(CliContext context, GlobalOptions globals)
    {
        var name = ModelName(context, globals, "MODEL, which no application may use; or MODEL:VERSION, which must not be current.");
        return new Command("remove", "Remove a model or one of its versions.").With(name).Runs(context, globals, async (session, parsed, stop) =>
        {
            var (modelName, versionName) = SpecOptions.Name(parsed.GetRequiredValue(name));
            var (model, version) = await session.FindVersionAsync(modelName, versionName, stop);
            var result = versionName is null
                ? await session.Admin.RemoveModelAsync(model.Name, stop)
                : await session.Admin.RemoveVersionAsync(new ModelVersionId(model.Name, version.Spec.Version), stop);
            await WaitOptions.PrintAsync(session, result);
            return ExitCodes.Ok;
        });
    }

    private static Argument<string> ModelName(CliContext context, GlobalOptions globals, string description) =>
        new Argument<string>("model") { Description = description }.CompletedByModels(context, globals);
}
