using Orchestrator.Core.Admin;
using Orchestrator.Core.Json;

namespace Orchestrator.Host.Admin;

/// <summary>Turns the ends of admin calls into answers.</summary>
internal static class AdminResults
{
    public static IResult Of(ChangeOutcome outcome) => outcome.Kind switch
    {
        ChangeKind.Applied => Results.Json(outcome.Result, CoreJson.Default.ApplyResult),
        ChangeKind.Invalid => Error(StatusCodes.Status400BadRequest, outcome.Error),
        ChangeKind.Unknown => Error(StatusCodes.Status404NotFound, outcome.Error),
        ChangeKind.Conflict => Error(StatusCodes.Status409Conflict, outcome.Error),
        _ => Error(StatusCodes.Status507InsufficientStorage, outcome.Error),
    };

    public static IResult Error(int statusCode, AdminError? error) =>
        Results.Json(error ?? new AdminError("The server said no more.", []), CoreJson.Default.AdminError, statusCode: statusCode);

    public static IResult Error(int statusCode, string text) => Error(statusCode, new AdminError(text, []));

    public static IResult UnknownModel(string model, ClusterStatus status) =>
        Error(StatusCodes.Status404NotFound, $"There is no model '{model}'. Models: {List(status.Models.Select(m => m.Name))}.");

    public static IResult UnknownVersion(string version, ModelStatus model) =>
        Error(StatusCodes.Status404NotFound, $"Model '{model.Name}' has no version '{version}'. Versions: {List(model.Versions.Select(v => v.Spec.Version))}.");

    public static IResult UnknownApplication(string application, ClusterStatus status) =>
        Error(StatusCodes.Status404NotFound, $"There is no application '{application}'. Applications: {List(status.Applications.Select(a => a.Spec.Name))}.");

    private static string List(IEnumerable<string> names)
    {
        var text = string.Join(", ", names.Order(StringComparer.Ordinal));
        return text.Length == 0 ? "none yet" : text;
    }
}
