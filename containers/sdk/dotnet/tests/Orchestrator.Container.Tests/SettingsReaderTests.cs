namespace Orchestrator.Container.Tests;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Read_NothingSet_GivesTheContractsDefaults()
    {
        var settings = SettingsReader.Read(_ => "");

        (settings.Model, settings.Version, settings.Host, settings.Port).ShouldBe(("model", "1", "127.0.0.1", 8080));
        (settings.Concurrency, settings.Threads, settings.MaxBatchBytes, settings.Drain).ShouldBe((1, 1, 8388608, TimeSpan.FromSeconds(10)));
        (settings.Artefact, settings.Socket).ShouldBe((null, null));
        settings.MaxBodyBytes.ShouldBe((2 * 8388608) + 1048576);
    }

    [Fact]
    public void Read_EverythingSet_IsTaken()
    {
        using var folder = new TemporaryFolder();
        var variables = new Dictionary<string, string>
        {
            ["MODEL"] = "digits", ["VERSION"] = "3", ["ARTEFACT"] = folder.Path, ["HOST"] = "0.0.0.0", ["PORT"] = "9", ["SOCKET"] = "/tmp/s",
            ["CONCURRENCY"] = "2", ["THREADS"] = "4", ["MAX_BATCH_BYTES"] = "1000", ["DRAIN_SECONDS"] = "0.5", ["OPTIONS"] = """{"a":1}""",
        };

        var settings = SettingsReader.Read(name => variables.GetValueOrDefault(name["ORCHESTRATOR_".Length..]));

        (settings.Model, settings.Version, settings.Artefact, settings.Host, settings.Port, settings.Socket).ShouldBe(("digits", "3", folder.Path, "0.0.0.0", 9, "/tmp/s"));
        (settings.Concurrency, settings.Threads, settings.MaxBatchBytes, settings.Drain).ShouldBe((2, 4, 1000, TimeSpan.FromSeconds(0.5)));
        settings.Options.GetProperty("a").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData("PORT", "-1", "a whole number from 0 to 65535")]
    [InlineData("PORT", "65536", "a whole number from 0 to 65535")]
    [InlineData("CONCURRENCY", "0", "a whole number from 1 to 256")]
    [InlineData("THREADS", "1.5", "a whole number from 1 to 1024")]
    [InlineData("MAX_BATCH_BYTES", "lots", "a whole number from 1 to 536870912")]
    [InlineData("DRAIN_SECONDS", "-1", "seconds from 0 to 86400")]
    [InlineData("DRAIN_SECONDS", "NaN", "seconds from 0 to 86400")]
    [InlineData("ARTEFACT", "/does/not/exist", "does not exist")]
    [InlineData("OPTIONS", "[1]", "a JSON object")]
    [InlineData("OPTIONS", "{", "a JSON object")]
    public void Read_WrongValue_SaysVariableValueAndExpectation(string name, string value, string expected)
    {
        var message = Should.Throw<ConfigurationException>(() => SettingsReader.Read(n => n == $"ORCHESTRATOR_{name}" ? value : null)).Message;

        message.ShouldStartWith($"ORCHESTRATOR_{name} is '{value}'");
        message.ShouldContain(expected);
    }

    [Fact]
    public void Read_SocketPathLongerThanTheKernelTakes_IsRefused() =>
        Should.Throw<ConfigurationException>(() => SettingsReader.Read(n => n == "ORCHESTRATOR_SOCKET" ? "/" + new string('s', 107) : null)).Message.ShouldContain("108 bytes");
}
