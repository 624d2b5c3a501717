using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Output;

/// <summary>JSON that only the command line speaks.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerLogLine))]
[JsonSerializable(typeof(ValidationReport))]
[JsonSerializable(typeof(CheckLine))]
[JsonSerializable(typeof(LoadReport))]
[JsonSerializable(typeof(PreviewReport))]
internal sealed partial class CliJson : JsonSerializerContext
{
    private static readonly CliJson Relaxed = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

    public static string LogLine(string instance, string line) => JsonSerializer.Serialize(new ContainerLogLine(instance, line), Relaxed.ContainerLogLine);

    public static string Check(CheckLine check) => JsonSerializer.Serialize(check, Relaxed.CheckLine);

    public static string Loaded(LoadReport report) => JsonSerializer.Serialize(report, Relaxed.LoadReport);

    public static string Previewed(PreviewReport report) => JsonSerializer.Serialize(report, Relaxed.PreviewReport);

    public static string Validation(IReadOnlyList<SpecError> errors) => JsonSerializer.Serialize(new ValidationReport(errors.Count == 0, errors), Relaxed.ValidationReport);
}

/// <summary>Answer of <c>orch validate -o json</c>.</summary>
internal sealed record ValidationReport(bool Valid, IReadOnlyList<SpecError> Errors);

/// <summary>Answer of <c>orch apply --dry-run -o json</c>: that of a change, and what would be uploaded for it.</summary>
internal sealed record PreviewReport(long Revision, bool Changed, IReadOnlyList<string> Changes, IReadOnlyList<PreviewedUpload> Uploads);

/// <summary>An artefact that the orchestrator does not have.</summary>
internal sealed record PreviewedUpload(string Digest, string Name, long Bytes);

/// <summary>A line of <c>orch container check -o json</c>.</summary>
internal sealed record CheckLine(string Id, string Title, string Level, string Outcome, string Detail, double Milliseconds);

/// <summary>Answer of <c>orch features load -o json</c>.</summary>
internal sealed record LoadReport(string View, int Loaded, int Refused, double Seconds);
