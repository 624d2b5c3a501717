using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Core.Serving;

namespace Orchestrator.Cli.Tests;

/// <summary>The admin API and the predict route over HTTP, answering what a test says.</summary>
internal sealed class FakeOrchestrator : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Queue<ClusterStatus> _coming = new();

    private int _predictions;

    private FakeOrchestrator(WebApplication app) => _app = app;

    public ClusterStatus Status { get; set; } = new() { Cluster = "test", Runtime = "process", Settled = true };

    /// <summary>Method, path with query, and body of every request but HEAD.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentDictionary<string, byte[]> Artefacts { get; } = new();

    /// <summary>Digests that are stored already.</summary>
    public HashSet<string> Stored { get; } = [];

    /// <summary>Answer of every change.</summary>
    public (int Code, string Body) Change { get; set; } = (200, """{"revision":1,"changed":true,"changes":["model digits: version 2 added, now current"]}""");

    public (int Code, string Body) Prediction { get; set; } = (200, """{"query_id":0,"output":7,"default":false,"model":"digits","version":"2","prediction_id":"p-0"}""");

    /// <summary>Text of <c>/metrics</c> after so many predictions.</summary>
    public Func<int, string> Metrics { get; set; } = _ => "";

    /// <summary>What <c>/metrics</c> waits for before it answers.</summary>
    public Func<int, CancellationToken, Task> BeforeMetrics { get; set; } = (_, _) => Task.CompletedTask;

    public string Logs { get; set; } = "";

    public string Events { get; set; } = "";

    public string Digest { get; set; } = "";

    /// <summary>Answer to what is stored for an entity.</summary>
    public string Features { get; set; } = "";

    /// <summary>What the last change said of it; null: nothing.</summary>
    public string? WillUpload { get; private set; }

    public Uri Address { get; private set; } = new("http://unset.invalid");

    /// <summary>Statuses that the next questions see, one each; the last stays.</summary>
    public void Coming(params ClusterStatus[] statuses)
    {
        foreach (var status in statuses)
        {
            _coming.Enqueue(status);
        }
    }

    public static async Task<FakeOrchestrator> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var fake = new FakeOrchestrator(app);
        app.Urls.Add("http://127.0.0.1:0");
        app.Use(fake.RecordAsync);
        fake.Map(app);
        await app.StartAsync();
        fake.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return fake;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Map(WebApplication app)
    {
        app.MapGet("/healthz", () => "ok\n");
        app.MapGet("/v2/health/live", () => "{}");
        app.MapGet("/api/v1/features/{view}", () => Results.Text(Features, "application/json"));
        app.MapGet("/api/v1/frameworks", () => Json(["custom", "noop", "sklearn"], CoreJson.Default.IReadOnlyListString));
        app.MapGet("/api/v1/status", () => Json(_coming.TryDequeue(out var next) ? Status = next : Status, CoreJson.Default.ClusterStatus));
        app.MapGet("/api/v1/models", () => Json(Status.Models, CoreJson.Default.IReadOnlyListModelStatus));
        app.MapGet("/api/v1/applications", () => Json(Status.Applications, CoreJson.Default.IReadOnlyListApplicationStatus));
        app.MapGet("/api/v1/models/{m}/versions/{v}/profile", () => Json(
            [.. Status.Models.SelectMany(m => m.Versions).SelectMany(v => v.Replicas).Select(r => r.Report).OfType<ReplicaReport>()], CoreJson.Default.IReadOnlyListReplicaReport));
        app.MapGet("/api/v1/models/{m}/versions/{v}/logs", () => Results.Text(Logs));
        app.MapGet("/api/v1/events", () => Results.Text(Events, "text/event-stream"));
        app.MapMethods("/api/v1/artefacts/{digest}", ["HEAD"], (string digest) => Results.StatusCode(Stored.Contains(digest) ? 200 : 404));
        app.MapPost("/api/v1/artefacts", async (HttpRequest request, string name) =>
        {
            using var copy = new MemoryStream();
            await request.Body.CopyToAsync(copy);
            Artefacts[name] = copy.ToArray();
            return Json(new UploadResult(Digest, copy.Length), CoreJson.Default.UploadResult);
        });
        app.MapGet("/metrics", async (CancellationToken gone) =>
        {
            await BeforeMetrics(_predictions, gone);
            return Metrics(_predictions);
        });
        app.MapPost("/{app}/predict", () => Interlocked.Increment(ref _predictions) < 0 ? Results.Empty : Results.Text(Prediction.Body, "application/json", statusCode: Prediction.Code));
        app.MapFallback(() => Results.Text(Change.Body, "application/json", statusCode: Change.Code));
    }

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Method != "HEAD" && context.Request.Path != "/api/v1/artefacts")
        {
            context.Request.EnableBuffering();
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8, leaveOpen: true);
            Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {await reader.ReadToEndAsync()}".TrimEnd());
            context.Request.Body.Position = 0;
            WillUpload = context.Request.Headers.TryGetValue("Orchestrator-Will-Upload", out var digests) ? digests.ToString() : WillUpload;
        }

        await next(context);
    }

    private static IResult Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => Results.Text(JsonSerializer.Serialize(value, type), "application/json");

    public static ModelStatus Model(string name = "digits", string current = "2", string? serving = "2", string state = "serving", string? reason = null, params ReplicaStatus[] replicas) => new()
    {
        Name = name, CurrentVersion = current, ServingVersion = serving, PreviousVersion = "1", State = state, Reason = reason,
        Versions =
        [
            new VersionStatus { Spec = new ModelVersionSpec { Version = "1", Framework = "sklearn" } },
            new VersionStatus
            {
                Spec = new ModelVersionSpec { Version = "2", Framework = "sklearn", Replicas = 2 }, Live = true, Replicas = replicas,
                Signature = new ModelSignature { Platform = "sklearn", Inputs = [new("input", "FP64", [-1, 64])], Outputs = [new("predict", "INT64", [-1])], Warnings = ["made by another version"] },
            },
        ],
    };

    public static ReplicaStatus Replica(string instance, ReplicaPhase phase, string? reason = null, params string[] log) => new()
    {
        Instance = instance, Phase = phase, Reason = reason, Restarts = 1, Address = "127.0.0.1:20001", LastLogLines = log,
        Report = new ReplicaReport
        {
            Id = new ReplicaId(new ModelVersionId("digits", "2"), instance), InFlight = 3, Batches = 10, Rows = 40, BatchLimit = 16,
            Profile = [new ProfileBucket(1, 2, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2)), new ProfileBucket(8, 8, TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(4.5))],
        },
    };

    public static ApplicationStatus Application(string name = "digits") => new()
    {
        Available = true,
        Spec = new ApplicationSpec
        {
            Name = name, Slo = new SloSpec { Latency = TimeSpan.FromMilliseconds(20) }, DefaultOutput = JsonDocument.Parse("-1").RootElement,
            Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = "digits" }] },
        },
    };
}
