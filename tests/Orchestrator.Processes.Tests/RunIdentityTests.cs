namespace Orchestrator.Processes.Tests;

public sealed class RunIdentityTests : IDisposable
{
    private readonly string _folder = RuntimeFixture.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_OfOneFolder_HasOneStateAndAnotherRunEachTime()
    {
        var (first, second) = (RunIdentity.Load(_folder), RunIdentity.Load(_folder));
        second.StateId.ShouldBe(first.StateId);
        second.RunId.ShouldNotBe(first.RunId);
    }

    [Fact]
    public void Load_OfACopiedFolder_HasAnotherState()
    {
        var original = RunIdentity.Load(_folder);
        var copy = Directory.CreateDirectory(Path.Combine(_folder, "copy")).FullName;
        foreach (var file in Directory.EnumerateFiles(_folder))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        RunIdentity.Load(copy).StateId.ShouldNotBe(original.StateId);
    }
}
