using System.CommandLine;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch completion</c>: scripts that ask orch itself what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        # orch completion for bash; in ~/.bashrc: source <(orch completion bash)
        _orch_complete() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(orch "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _orch_complete orch
        """;

    private const string Zsh =
        """
        #compdef orch
        # orch completion for zsh; in ~/.zshrc: source <(orch completion zsh)
        _orch_complete() {
            local -a suggestions
            suggestions=("${(@f)$(orch "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- $suggestions
        }
        compdef _orch_complete orch
        """;

    public static Command Create(CliContext context)
    {
        var shell = new Argument<string>("shell") { Description = "bash or zsh." };
        shell.AcceptOnlyFromAmong("bash", "zsh");
        var command = new Command("completion", "Print a script that completes commands, options and names in a shell.").With(shell);
        command.SetAction(async (parsed, stop) =>
        {
            await context.Out.WriteLineAsync(parsed.GetRequiredValue(shell) == "zsh" ? Zsh : Bash);
            return ExitCodes.Ok;
        });
        return command;
    }
}
