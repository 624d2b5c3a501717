using Orchestrator.Core.Images;

namespace Orchestrator.Core.Tests.Images;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData(null, "digits", "forest", "3", "digits-forest:3")]
    [InlineData("", "digits", "forest", "v1.2_x-Y", "digits-forest:v1.2_x-Y")]
    [InlineData("registry.example.com:5000/team", "Digits", "Forest", "3", "registry.example.com:5000/team/digits-forest:3")]
    public void For_WhatCanBeAName_IsRegistryClusterModelAndVersion(string? registry, string cluster, string model, string version, string expected) =>
        ImageName.For(registry, cluster, model, version).ShouldBe(expected);

    [Theory]
    [InlineData("https://registry", "c", "m", "1", "registry: expected a host")]
    [InlineData("Registry", "c", "m", "1", "registry: expected a host")]
    [InlineData("registry/", "c", "m", "1", "registry: expected a host")]
    [InlineData("/registry", "c", "m", "1", "registry: expected a host")]
    [InlineData(null, "c", "ä", "1", "'c-ä' (cluster and model) cannot name an image")]
    [InlineData(null, "-c", "m", "1", "'-c-m' (cluster and model) cannot name an image")]
    [InlineData(null, "c", "m", "", "version '' cannot be an image's tag")]
    [InlineData(null, "c", "m", "1+2", "version '1+2' cannot be an image's tag")]
    [InlineData(null, "c", "m", ".1", "version '.1' cannot be an image's tag")]
    public void For_WhatCannot_SaysWhichPart(string? registry, string cluster, string model, string version, string expected) =>
        Should.Throw<ImageBuildException>(() => ImageName.For(registry, cluster, model, version)).Message.ShouldContain(expected);

    [Fact]
    public void For_AVersionLongerThanATag_IsRefused() =>
        Should.Throw<ImageBuildException>(() => ImageName.For(null, "c", "m", new string('1', 129))).Message.ShouldContain("expected up to 128");
}
