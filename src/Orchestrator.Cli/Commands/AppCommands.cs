using System.CommandLine;
using Orchestrator.Cli.Output;
using Orchestrator.Cli.Specs;
using Orchestrator.Cli.Waiting;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch app ...</c>.</summary>
internal static class AppCommands
{
    public static Command Create(CliContext context, GlobalOptions globals) =>
        new Command("app", "Applications: what clients call, with a latency objective and the models that answer.").With(
            List(context, globals), Show(context, globals), CreateApplication(context, globals), Remove(context, globals));

    private static Command List(CliContext context, GlobalOptions globals) =>
        new Command("list", "List the applications.").Runs(context, globals, async (session, _, stop) =>
        {
            var applications = await session.Admin.ApplicationsAsync(stop);
            await session.Printer.ResultAsync(applications, j => j.IReadOnlyListApplicationStatus, () => session.Printer.TableAsync(StatusTables.Applications(applications)));
            return ExitCodes.Ok;
        });

    private static Command Show(CliContext context, GlobalOptions globals)
    {
        var name = new Argument<string>("name") { Description = "Name of the application." }.CompletedByApplications(context, globals);
        return new Command("show", "Show one application.").With(name).Runs(context, globals, async (session, parsed, stop) =>
        {
            var application = await session.FindApplicationAsync(parsed.GetRequiredValue(name), stop);
            await session.Printer.ResultAsync(application, j => j.ApplicationStatus, async () =>
            {
                await session.Printer.TableAsync(StatusTables.Applications([application]));
                await session.Printer.LineAsync($"call it with: orch predict {application.Spec.Name} INPUT   or POST {session.QueryAddress}{application.Spec.Name}/predict");
            });
            return ExitCodes.Ok;
        });
    }

    private static Command CreateApplication(CliContext context, GlobalOptions globals)
    {
        var name = new Argument<string>("name") { Description = "Name of the application; clients call /NAME/predict." };
        var models = new Option<string[]>("--model", "-m") { Description = "MODEL[:VERSION][=WEIGHT] that answers; several share the requests by weight.", Required = true, HelpName = "MODEL" };
        var slo = SpecOptions.Duration("--slo", "Latency that answers must meet.", TimeSpan.FromMilliseconds(50));
        var percentile = new Option<double>("--percentile") { Description = "Share of requests in percent that must meet it.", DefaultValueFactory = _ => 99, HelpName = "P" };
        var output = new Option<string?>("--default-output") { Description = "JSON (or text) answered when no model's answer came in time; without it such requests are answered with 429, 503 or 504.", HelpName = "JSON" };
        var policy = new Option<string?>("--policy") { Description = "single or weighted; by default what the number of models says.", HelpName = "POLICY" };
        var wait = new WaitOptions();
        return wait.AddTo(new Command("create", "Create an application, or change the one of that name.").With(name, models, slo, percentile, output, policy)).Runs(context, globals, async (session, parsed, stop) =>
        {
            var targets = parsed.GetRequiredValue(models).Select(SpecOptions.Target).ToList();
            var application = new ApplicationSpec
            {
                Name = parsed.GetRequiredValue(name),
                Slo = new SloSpec { Latency = parsed.GetValue(slo).Value, Percentile = parsed.GetValue(percentile) },
                DefaultOutput = parsed.GetValue(output) is { } text ? SpecOptions.Json(text) : null,
                Selection = new SelectionSpec { Policy = parsed.GetValue(policy) ?? (targets.Count > 1 ? "weighted" : "single"), Targets = targets },
            };
            var result = await session.Admin.PutApplicationAsync(application, stop).NamingOptionsAsync(session.Admin, parsed.CommandResult.Command, new EditedThing(Model: null, Application: application.Name), stop);
            await wait.FinishAsync(session, parsed, result, new WaitTarget(targets.Select(t => t.Model).ToHashSet(), application.Name), stop);
            return ExitCodes.Ok;
        });
    }

    private static Command Remove(CliContext context, GlobalOptions globals)
    {
        var name = new Argument<string>("name") { Description = "Name of the application." }.CompletedByApplications(context, globals);
        return new Command("remove", "Remove an application; its models stay.").With(name).Runs(context, globals, async (session, parsed, stop) =>
        {
            var application = await session.FindApplicationAsync(parsed.GetRequiredValue(name), stop);
            await WaitOptions.PrintAsync(session, await session.Admin.RemoveApplicationAsync(application.Spec.Name, stop));
            return ExitCodes.Ok;
        });
    }
}
