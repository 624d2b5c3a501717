using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Validation;
using Orchestrator.Core.Features;
using Orchestrator.Core.Json;
using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Admin;

/// <summary>Fills feature views and looks into them.</summary>
internal static class FeatureEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const string ApplicationParameter = "application";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/features", WriteAsync)
            .WithSummary("Writes records of a feature view; each replaces what was there.")
            .Takes<WriteFeaturesRequest>("application/json").Produces<WriteFeaturesResult>().ProducesErrors(400, 409, 503);
        routes.MapGet("/features/{view}", ShowAsync)
            .WithSummary("One record of a view of an application: what is stored, and what a prediction would use. The entity's keys are query parameters, such as ?user_id=7.")
            .Produces<FeatureRecordStatus>().ProducesErrors(400, 404, 503);
    }

    private static async Task<IResult> WriteAsync(HttpRequest request, IControlPlane control, IFeatureStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var (body, error) = await AdminBody.ReadAsync<WriteFeaturesRequest>(request, cancellationToken);
        if (error is not null)
        {
            return error;
        }

        var mistakes = FeaturesSpecValidator.ValidateView(body!.View, "view");
        if (mistakes.Count > 0)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, new AdminError($"view: {mistakes.Count} mistakes; nothing was written.", mistakes));
        }

        if (body.View.Layout != FeatureViewSpec.NativeLayout)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, $"View '{body.View.Name}' has Feast's layout, which Feast writes (feast materialize); here it is only read.");
        }

        var (_, desired) = await control.ReadDesiredAsync(cancellationToken);
        return FindContradiction(body.View, desired) is { } contradiction
            ? AdminResults.Error(StatusCodes.Status409Conflict, contradiction)
            : await WriteRowsAsync(FeatureView.Of(body.View), body.Rows, store, time.GetUtcNow());
    }

    /// <summary>What predictions would then read as another type.</summary>
    private static string? FindContradiction(FeatureViewSpec view, ClusterSpec desired)
    {
        foreach (var application in desired.Applications)
        {
            foreach (var other in application.Features?.Views ?? [])
            {
                if (other.Layout == view.Layout && other.Name == view.Name && FeaturesSpecValidator.FindDifference(other, view) is { } difference)
                {
                    return $"View '{view.Name}' is not the one that application '{application.Name}' reads: {difference}. Apply the cluster file first, or give the view another name.";
                }
            }
        }

        return null;
    }

    private static async Task<IResult> WriteRowsAsync(FeatureView view, IReadOnlyList<JsonElement> rows, IFeatureStore store, DateTimeOffset now)
    {
        if (rows.Count > WriteFeaturesRequest.MostRows)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, $"rows has {rows.Count} elements; expected at most {WriteFeaturesRequest.MostRows} in one request.");
        }

        var records = new List<FeatureRow>(rows.Count);
        var mistakes = new List<SpecError>();
        for (var i = 0; i < rows.Count; i++)
        {
            var found = new List<string>();
            var row = rows[i];
            if (row.ValueKind != JsonValueKind.Object)
            {
                found.Add("expected an object with the view's keys and features");
            }
            else if (FeatureRowReader.Read(view, name => new RawValue(null, row.TryGetProperty(name, out var value) ? value : default(JsonElement)), FeatureRowReader.TimeColumn, now, found) is { } record)
            {
                records.Add(record);
            }

            mistakes.AddRange(found.Select(m => new SpecError($"rows[{i}]", m)));
        }

        if (mistakes.Count > 0)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, new AdminError($"{mistakes.Count} mistakes in rows; nothing was written.", mistakes));
        }

        var end = records.Count == 0 ? StoreEnd.Done : await store.WriteAsync(view, records, Patience);
        return end == StoreEnd.Done
            ? Results.Json(new WriteFeaturesResult(records.Count), CoreJson.Default.WriteFeaturesResult)
            : AdminResults.Error(StatusCodes.Status503ServiceUnavailable, $"The feature store did not take them: {Explain(end, store)}. Some may have been written; write them again.");
    }

    private static async Task<IResult> ShowAsync(string view, HttpRequest request, IControlPlane control, IFeatureStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var (_, desired) = await control.ReadDesiredAsync(cancellationToken);
        var application = request.Query[ApplicationParameter].ToString();
        var views = desired.Applications.Where(a => application.Length == 0 || a.Name == application).SelectMany(a => a.Features?.Views ?? []).ToList();
        if (views.FirstOrDefault(v => v.Name == view) is not { } spec)
        {
            var names = views.Select(v => v.Name).Distinct().Order(StringComparer.Ordinal).ToList();
            return AdminResults.Error(StatusCodes.Status404NotFound,
                $"There is no feature view '{view}'{(application.Length == 0 ? "" : $" in application '{application}'")}{Suggestion.For(view, names)}. Views: {(names.Count == 0 ? "none yet" : string.Join(", ", names))}.");
        }

        var ready = FeatureView.Of(spec);
        var (entity, mistake) = ReadEntity(ready, request.Query);
        if (mistake is not null)
        {
            return AdminResults.Error(StatusCodes.Status400BadRequest, mistake);
        }

        var query = new FeatureQuery(ready, entity!);
        var read = await store.ReadAsync([query], Patience);
        return read.Records.Count > 0 && read.Records[0] is { } record
            ? Results.Json(FeatureRecords.Describe(query, record, time.GetUtcNow()), CoreJson.Default.FeatureRecordStatus)
            : AdminResults.Error(StatusCodes.Status503ServiceUnavailable, $"The feature store gave no answer: {Explain(read.End, store)}.");
    }

    private static (EntityId? Entity, string? Mistake) ReadEntity(FeatureView view, IQueryCollection query)
    {
        var expected = string.Join("&", view.Keys.Select(k => $"{k.Name}=..."));
        if (query.Keys.FirstOrDefault(k => k != ApplicationParameter && view.Keys.All(key => key.Name != k)) is { } unknown)
        {
            return (null, $"View '{view.Name}' is not looked up by '{unknown}'{Suggestion.For(unknown, view.Keys.Select(k => k.Name))}; expected ?{expected}.");
        }

        var values = new string[view.Keys.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var key = view.Keys[i];
            var text = query[key.Name].ToString();
            if (EntityText.Canonical(key.Type, text) is not { } value)
            {
                return (null, $"'{key.Name}' is {(text.Length == 0 ? "missing" : $"'{text}'")}; expected {EntityText.Expected(key.Type)}, as in ?{expected}.");
            }

            values[i] = value;
        }

        return (new EntityId(values), null);
    }

    private static string Explain(StoreEnd end, IFeatureStore store) => end switch
    {
        StoreEnd.TimedOut => $"no reply within {Patience.TotalSeconds} s",
        StoreEnd.Full => "too much is on its way to it already",
        _ => store.Problem ?? "it refused, or the connection broke",
    };
}
