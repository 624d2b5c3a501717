using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Tests.Rig;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching.Shared;

namespace Orchestrator.Host.Tests.Query;

/// <summary>What the store sees of requests as clients send them.</summary>
public sealed class SharedCacheTests
{
    private readonly NotingStore _store = new();

    [Fact]
    public async Task EqualInputs_InEveryForm_ShareOneEntry()
    {
        await using var rig = await StartAsync();
        await PostAsync(rig, "/sum/predict", """{"input": [1, 2, 3, 4]}""");
        await PostAsync(rig, "/sum/predict", """{"input": [1.0, 2e0, 3.00, 4]}""");
        await PostAsync(rig, "/sum/predict", """{"input_batch": [[1, 2, 3, 4], [1, 2, 3, 4]]}""");
        await PostAsync(rig, "/v2/models/sum/infer", """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}],"id":"7"}""");
        await PostBinaryAsync(rig, 1, 2, 3, 4);
        await WaitUntil.TrueAsync(() => _store.Written == 1, "the answer is written");
        _store.Keys.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task WhatDiffers_NeverSharesAnEntry()
    {
        await using var rig = await StartAsync();
        await PostAsync(rig, "/sum/predict", """{"input": [1, 2, 3, 4]}""");
        await PostAsync(rig, "/sum/predict", """{"input": [4, 3, 2, 1]}""");
        await PostAsync(rig, "/v2/models/sum/infer", """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}],"parameters":{"factor":2}}""");
        await PostAsync(rig, "/v2/models/sum/infer", """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}],"outputs":[{"name":"total"}]}""");
        await PostAsync(rig, "/v2/models/sum/versions/2/infer", """{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}]}""");
        await PostAsync(rig, "/v2/models/matrix/infer", """{"inputs":[{"name":"m","shape":[1,2,2],"datatype":"FP64","data":[1,2,3,4]}]}""");
        await WaitUntil.TrueAsync(() => _store.Written == 6, "the answers are written");
        _store.Keys.Distinct().Count().ShouldBe(6);
    }

    [Fact]
    public async Task StoreAway_ReadinessSaysSoAndHolds()
    {
        await using var rig = await StartAsync();
        (await rig.Admin.GetStringAsync("/readyz")).ShouldBe("ready\n");
        _store.Problem = "Redis at h:1 is away: it sleeps";
        var answer = await rig.Admin.GetAsync("/readyz");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("ready\ndegraded: Redis at h:1 is away: it sleeps; predictions go on without the shared cache\n");
        var metrics = await rig.Admin.GetStringAsync("/metrics");
        metrics.ShouldContain("orchestrator_store_connected 0");
        metrics.ShouldContain("orchestrator_store_breaker 0");
    }

    private async Task<HostRig> StartAsync()
    {
        var rig = await HostRig.StartAsync(add: services =>
        {
            services.AddSingleton<IPredictionStore>(_store);
            services.AddSharedCache();
        });
        var container = await rig.AddContainerAsync();
        ServedVersion Cached(string model, string version)
        {
            var served = FakeModels.Served(model, version, container);
            return served with { Spec = served.Spec with { Cache = new CacheSpec() } };
        }

        var patience = TimeSpan.FromSeconds(20);
        await rig.PublishAsync(
            [
                new ServedModel { Name = "sum", ServingVersion = "1", Timeout = patience, Versions = [Cached("sum", "1"), Cached("sum", "2")] },
                new ServedModel { Name = "matrix", ServingVersion = "1", Timeout = patience, Versions = [Cached("matrix", "1")] },
            ],
            [FakeModels.Application("sum", "sum", patience)]);
        return rig;
    }

    private static async Task PostAsync(HostRig rig, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        var answer = await rig.Query.PostAsync(path, content);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private static async Task PostBinaryAsync(HostRig rig, params double[] row)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        var length = InferCodec.WriteBinaryRequest(body, new InferRequest { Inputs = [Tensors.Of("input", [1, row.Length], row)] });
        using var content = new ByteArrayContent(body.WrittenSpan.ToArray());
        content.Headers.Add(ContractNames.HeaderLength, $"{length}");
        (await rig.Query.PostAsync("/v2/models/sum/infer", content)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Never has anything, and notes every key.</summary>
    private sealed class NotingStore : IPredictionStore
    {
        private int _written;

        public string? Problem { get; set; }

        public ConcurrentQueue<string> Keys { get; } = [];

        public int Written => Volatile.Read(ref _written);

        public ValueTask<StoreRead> ReadAsync(IReadOnlyList<StoreKey> keys, TimeSpan within)
        {
            Note(keys);
            return ValueTask.FromResult(new StoreRead(StoreEnd.Done, new byte[]?[keys.Count]));
        }

        public ValueTask<StoreEnd> WriteAsync(IReadOnlyList<StoreEntry> entries, TimeSpan within)
        {
            Note(entries.Select(e => e.Key));
            Interlocked.Add(ref _written, entries.Count);
            return ValueTask.FromResult(StoreEnd.Done);
        }

        public ValueTask<StoreRead> ClaimAsync(IReadOnlyList<StoreKey> keys, string token, TimeSpan lease, TimeSpan within) => ReadAsync(keys, within);

        public ValueTask<StoreEnd> RenewAsync(IReadOnlyList<StoreLease> leases, TimeSpan lease, TimeSpan within) => ValueTask.FromResult(StoreEnd.Done);

        public ValueTask<StoreEnd> ReleaseAsync(IReadOnlyList<StoreLease> leases, TimeSpan within) => ValueTask.FromResult(StoreEnd.Done);

        public ValueTask<long> DropAsync(string scope, CancellationToken cancellationToken) => ValueTask.FromResult(0L);

        private void Note(IEnumerable<StoreKey> keys)
        {
            foreach (var key in keys)
            {
                Keys.Enqueue($"{key.Scope}:{Convert.ToHexString(key.Digest.Span)}");
            }
        }
    }
}
