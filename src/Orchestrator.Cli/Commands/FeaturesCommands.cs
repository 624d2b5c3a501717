using System.CommandLine;
using Orchestrator.Cli.Features;
using Orchestrator.Cli.Output;
using Orchestrator.Cli.Specs;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch features ...</c>.</summary>
internal static class FeaturesCommands
{
    private const int DefaultMostErrors = 1000;

    public static Command Create(CliContext context, GlobalOptions globals) =>
        new Command("features", "Feature views: fill them from files, look into them.").With(Load(context, globals), Show(context, globals));

    private static Command Load(CliContext context, GlobalOptions globals)
    {
        var file = new Argument<string>("file") { Description = "CSV with the names of the columns in the first line, or JSONL with an object on each line.", HelpName = "FILE" };
        var view = new Option<string>("--view") { Description = "The view that is filled.", Required = true, HelpName = "NAME" };
        var app = AppOption();
        var cluster = new Option<string?>("--file", "-f") { Description = "Take the view from this cluster file instead of what was applied.", HelpName = "FILE" };
        var format = new Option<string?>("--format") { Description = "csv or jsonl; by default what the file's name ends with.", HelpName = "FORMAT" }.AcceptOnlyFromAmong("csv", "jsonl");
        var timeColumn = new Option<string>("--time") { Description = "The column that says when a record was true; a line without it: now.", DefaultValueFactory = _ => FeatureRowReader.TimeColumn, HelpName = "COLUMN" };
        var strict = new Option<bool>("--strict") { Description = "Load nothing if a line is no record of the view." };
        var mostErrors = new Option<int>("--most-errors") { Description = "Give up after so many lines that are no record.", DefaultValueFactory = _ => DefaultMostErrors, HelpName = "N" };
        return new Command("load", "Fill a view from a file. A line that is no record of the view is told with its number and left out; the others are loaded, and the exit code is 1.")
            .With(file, view, app, cluster, format, timeColumn, strict, mostErrors).Runs(context, globals, async (session, parsed, stop) =>
        {
            var path = parsed.GetRequiredValue(file);
            var isCsv = parsed.GetValue(format) is { } said ? said == "csv" : FeatureFile.IsCsv(path) ?? throw new CliException(ExitCodes.Invalid, $"{path}: is it CSV or JSONL? Say so with --format csv or --format jsonl.");
            if (!File.Exists(path))
            {
                throw new CliException(ExitCodes.Invalid, $"{path}: no such file.");
            }

            var ready = await FindViewAsync(session, parsed.GetRequiredValue(view), parsed.GetValue(app), parsed.GetValue(cluster), stop);
            var features = new FeatureFile(ready, path, isCsv, parsed.GetValue(timeColumn)!, context.Time);
            return await LoadAsync(session, ready, features, path, parsed.GetValue(strict), Math.Max(1, parsed.GetValue(mostErrors)), stop);
        });
    }

    private static async Task<int> LoadAsync(Session session, FeatureView view, FeatureFile file, string path, bool isStrict, int mostErrors, CancellationToken stop)
    {
        var loader = new FeatureLoader(session.Admin, session.Printer, session.Context.Time, view);
        if (isStrict)
        {
            await loader.CheckAsync(file, mostErrors, path);
            if (loader.Refused > 0)
            {
                throw new CliException(ExitCodes.Failed, $"{path}: {Lines(loader.Refused)} no record of view '{view.Name}'; nothing was loaded (--strict).");
            }
        }

        var began = session.Context.Time.GetTimestamp();
        try
        {
            await loader.LoadAsync(file, mostErrors, path, stop);
        }
        catch (Exception) when (loader.Loaded > 0)
        {
            await session.Printer.NoteAsync($"{loader.Loaded} records were loaded before it ended");
            throw;
        }

        var took = session.Context.Time.GetElapsedTime(began);
        if (session.Printer.IsJson)
        {
            await session.Printer.RawLineAsync(CliJson.Loaded(new LoadReport(view.Name, loader.Loaded, loader.Refused, took.TotalSeconds)));
        }
        else
        {
            await session.Printer.LineAsync($"view {view.Name}: {loader.Loaded} records loaded in {took.TotalSeconds:F1} s{(loader.Refused == 0 ? "" : $", {Lines(loader.Refused)} no record and left out")}");
        }

        return loader.Refused == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static Command Show(CliContext context, GlobalOptions globals)
    {
        var view = new Argument<string>("view") { Description = "The view." };
        var entity = new Argument<string[]>("entity") { Description = "The entity: its key, or KEY=VALUE for each key of several.", Arity = ArgumentArity.OneOrMore };
        var app = AppOption();
        return new Command("show", "Show what is stored for an entity, and what a prediction would use.").With(view, entity, app).Runs(context, globals, async (session, parsed, stop) =>
        {
            var ready = await FindViewAsync(session, parsed.GetRequiredValue(view), parsed.GetValue(app), null, stop, mayBeFeast: true);
            var keys = EntityArguments.Parse(ready, parsed.GetRequiredValue(entity));
            var record = await session.Admin.FeaturesAsync(ready.Name, parsed.GetValue(app), keys, stop);
            await session.Printer.ResultAsync(record, j => j.FeatureRecordStatus, async () =>
            {
                var at = record.At is { } time ? $"as of {time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : "without a time";
                await session.Printer.LineAsync($"{record.View}, {string.Join(", ", record.Entity.Select(e => $"{e.Key}={e.Value}"))}: {record.Problem ?? at}");
                await session.Printer.TableAsync(Table(record));
            });
            return ExitCodes.Ok;
        });
    }

    private static TextTable Table(FeatureRecordStatus record)
    {
        var table = new TextTable("feature", "type", "stored", "used", "why") { HasNote = true, RowName = row => row[0].Text };
        foreach (var feature in record.Features)
        {
            table.Add(
                feature.Name, feature.Type, feature.Stored?.GetRawText() ?? "-", new Cell(feature.Used?.GetRawText() ?? "fails", feature.Used is null ? CellTone.Bad : CellTone.Plain),
                feature.Problem is null ? "" : feature.Used is null ? $"no default; {feature.Problem}" : $"default; {feature.Problem}");
        }

        return table;
    }

    private static Option<string?> AppOption() => new("--app") { Description = "The application whose view it is; needed when several have different views of that name.", HelpName = "APP" };

    private static async Task<FeatureView> FindViewAsync(Session session, string name, string? app, string? clusterFile, CancellationToken stop, bool mayBeFeast = false)
    {
        var applications = clusterFile is null
            ? [.. (await session.Admin.ApplicationsAsync(stop)).Select(a => a.Spec)]
            : ClusterFileLoader.Require(clusterFile, frameworks: null).Spec.Applications;
        if (app is not null && applications.All(a => a.Name != app))
        {
            throw Names.Unknown("application", app, applications.Select(a => a.Name));
        }

        var views = applications.Where(a => app is null || a.Name == app).SelectMany(a => a.Features?.Views ?? []).ToList();
        var found = views.Where(v => v.Name == name).ToList();
        if (found.Count == 0)
        {
            throw Names.Unknown("feature view", name, views.Select(v => v.Name).Distinct());
        }

        if (!mayBeFeast && found[0].Layout == FeatureViewSpec.FeastLayout)
        {
            throw new CliException(ExitCodes.Invalid, $"View '{name}' has Feast's layout, which Feast writes (feast materialize); here it is only read.");
        }

        if (!mayBeFeast && found.Any(v => !v.Features.Select(f => f.Name).Order(StringComparer.Ordinal).SequenceEqual(found[0].Features.Select(f => f.Name).Order(StringComparer.Ordinal))))
        {
            throw new CliException(ExitCodes.Invalid, $"Several applications have a view '{name}' with different features; say whose with --app.");
        }

        return FeatureView.Of(found[0]);
    }

    private static string Lines(int count) => count == 1 ? "1 line is" : $"{count} lines are";
}
