using Orchestrator.Core.Images;
using Orchestrator.Docker.Building;

namespace Orchestrator.Docker.Tests.Building;

public sealed class DockerfileWriterTests
{
    private static readonly ImageBuildSpec Spec = new() { Image = "c-m:1", Framework = "sklearn" };

    [Fact]
    public void Write_WithAnArtefact_CopiesItAndSaysWhereItIs() =>
        DockerfileWriter.Write(Spec with { ArtefactPath = "/store/ab/model.joblib" }, "base:1", "10001", []).ShouldBe("""
            FROM base:1
            COPY artefact/ /artefact/
            ENV ORCHESTRATOR_ARTEFACT="/artefact/model.joblib"

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void Write_OfAnArtefactWithAnOddName_QuotesIt() =>
        DockerfileWriter.Write(Spec with { ArtefactPath = "/store/a \"b\" $HOME \\n" }, "base", "", []).ShouldContain("""
            ENV ORCHESTRATOR_ARTEFACT="/artefact/a \"b\" \$HOME \\n"
            """);

    [Fact]
    public void Write_WithRequirements_InstallsThemAsRootBeforeTheArtefactAndGoesBackToTheBasesUser()
    {
        var lines = DockerfileWriter.Write(Spec with { Requirements = "numpy", ArtefactPath = "/x/m" }, "base", "10001:10001", ["PIP_INDEX_URL"]).TrimEnd().Split('\n');

        lines.Select(l => l.Split(' ')[0]).ShouldBe(["FROM", "ARG", "USER", "COPY", "RUN", "USER", "COPY", "ENV"]);
        lines[1].ShouldBe("ARG PIP_INDEX_URL");
        lines[2].ShouldBe("USER root");
        lines[3].ShouldBe("COPY requirements.txt install-requirements.sh /tmp/");
        lines[4].ShouldBe("RUN sh /tmp/install-requirements.sh");
        lines[5].ShouldBe("USER 10001:10001");
    }

    [Fact]
    public void Write_OnABaseOfRoots_StaysRoot() => DockerfileWriter.Write(Spec with { Requirements = "" }, "base", "", []).ShouldEndWith("USER root\n");
}
