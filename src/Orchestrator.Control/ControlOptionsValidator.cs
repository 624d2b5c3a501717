using Microsoft.Extensions.Options;

namespace Orchestrator.Control;

/// <summary>What one attribute cannot say: options that contradict each other.</summary>
internal sealed class ControlOptionsValidator : IValidateOptions<ControlOptions>
{
    public ValidateOptionsResult Validate(string? name, ControlOptions options)
    {
        var errors = new List<string>();
        if (options.ReadinessPollMax < options.ReadinessPoll)
        {
            errors.Add($"Control:ReadinessPollMax ({options.ReadinessPollMax}) must not be shorter than Control:ReadinessPoll ({options.ReadinessPoll}).");
        }

        if (options.BackOffMax < options.BackOff)
        {
            errors.Add($"Control:BackOffMax ({options.BackOffMax}) must not be shorter than Control:BackOff ({options.BackOff}).");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
