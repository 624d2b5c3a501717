using System.CommandLine;
using Orchestrator.Cli.Output;

namespace Orchestrator.Cli.Commands;

/// <summary>Gives a command its body: a session that lives as long as the run.</summary>
internal static class CommandRegistration
{
    public static Command Runs(this Command command, CliContext context, GlobalOptions globals, Func<Session, ParseResult, CancellationToken, Task<int>> body)
    {
        command.SetAction(async (parsed, stop) =>
        {
            using var session = new Session(context, globals, parsed);
            return await body(session, parsed, stop);
        });
        return command;
    }

    public static Command With(this Command command, params ReadOnlySpan<Symbol> symbols)
    {
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Argument argument: command.Add(argument.ShownByName()); break;
                case Option option: command.Add(option); break;
                case Command subcommand: command.Add(subcommand); break;
            }
        }

        return command;
    }

    // Without a name of its own help shows whatever completes the argument: the models and applications that exist just now.
    private static Argument ShownByName(this Argument argument)
    {
        argument.HelpName ??= argument.Arity.MinimumNumberOfValues == 0 ? HelpText.OptionalMark + argument.Name : argument.Name;
        return argument;
    }
}
