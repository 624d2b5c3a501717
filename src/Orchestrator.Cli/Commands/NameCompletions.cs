using System.CommandLine;
using System.CommandLine.Completions;
using Orchestrator.Cli.Admin;

namespace Orchestrator.Cli.Commands;

/// <summary>Completes names of models and applications by asking the orchestrator; nothing if it does not answer at once, for somebody waits at a prompt.</summary>
internal static class NameCompletions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static Argument<string> CompletedByModels(this Argument<string> argument, CliContext context, GlobalOptions globals) =>
        argument.CompletedBy(context, globals, async (admin, stop) => (await admin.ModelsAsync(stop)).Select(m => m.Name));

    public static Argument<string> CompletedByApplications(this Argument<string> argument, CliContext context, GlobalOptions globals) =>
        argument.CompletedBy(context, globals, async (admin, stop) => (await admin.ApplicationsAsync(stop)).Select(a => a.Spec.Name));

    private static Argument<string> CompletedBy(
        this Argument<string> argument, CliContext context, GlobalOptions globals, Func<AdminClient, CancellationToken, Task<IEnumerable<string>>> read)
    {
        // The parser asks synchronously, in a process that ends with the answer: nobody else waits for this thread.
        argument.CompletionSources.Add(completion => AskAsync(context, globals, completion.ParseResult, read).GetAwaiter().GetResult().Select(n => new CompletionItem(n)));
        return argument;
    }

    private static async Task<IEnumerable<string>> AskAsync(
        CliContext context, GlobalOptions globals, ParseResult parsed, Func<AdminClient, CancellationToken, Task<IEnumerable<string>>> read)
    {
        using var patience = new CancellationTokenSource(Patience, context.Time);
        try
        {
            using var session = new Session(context, globals, parsed);
            return await read(session.Admin, patience.Token);
        }
        catch (Exception e) when (e is CliException or OperationCanceledException)
        {
            return [];
        }
    }
}
