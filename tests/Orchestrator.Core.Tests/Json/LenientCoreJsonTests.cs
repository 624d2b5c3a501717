using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;

namespace Orchestrator.Core.Tests.Json;

public sealed class LenientCoreJsonTests
{
    [Fact]
    public void Read_MembersLeftOut_KeepTheirDefaults()
    {
        var version = Read<ModelVersionSpec>("""{"version":"1","framework":"noop"}""");

        version.Replicas.ShouldBe(1);
        version.QueueCapacity.ShouldBe(ModelVersionSpec.DefaultQueueCapacity);
        version.StartupTimeout.ShouldBe(ModelVersionSpec.DefaultStartupTimeout);
        version.Idempotent.ShouldBeTrue();
        version.Command.ShouldBeEmpty();
        version.Environment.ShouldBeEmpty();
        version.Batching.ShouldBe(new BatchingSpec());
        version.Cache.ShouldBe(new CacheSpec());
        Read<ClusterSpec>("{}").Runtime.ShouldBe("process");
        Read<DeployRequest>("""{"version":{"version":"1","framework":"noop"}}""").MakeCurrent.ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"version":"1","framework":"noop","replica":2}""")]
    [InlineData("""{"version":"1"}""")]
    [InlineData("""{"version":"1","framework":null}""")]
    [InlineData("""{"version":"1","framework":"noop","command":null}""")]
    [InlineData("""{"version":"1","framework":"noop","startupTimeout":5}""")]
    public void Read_UnknownMissingNullOrWrong_IsRefused(string json) => Should.Throw<JsonException>(() => Read<ModelVersionSpec>(json));

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var written = new ReplicaStatus { Instance = "a", Phase = ReplicaPhase.WarmingUp, Restarts = 2 };

        var read = Read<ReplicaStatus>(JsonSerializer.Serialize(written, CoreJson.Default.ReplicaStatus));

        read.Phase.ShouldBe(ReplicaPhase.WarmingUp);
        read.Restarts.ShouldBe(2);
    }

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, LenientCoreJson.Options)!;
}
