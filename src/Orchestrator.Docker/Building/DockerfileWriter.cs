using System.Text;
using Orchestrator.Core.Images;

namespace Orchestrator.Docker.Building;

/// <summary>Writes the Dockerfile of a model's image. Pure. What changes seldom comes first: the next version finds its requirements installed.</summary>
internal static class DockerfileWriter
{
    /// <summary>The folder of the artefact, in the context and (absolute) in the image.</summary>
    public const string ArtefactFolder = "artefact";

    /// <summary>The requirements, in the context.</summary>
    public const string RequirementsFile = "requirements.txt";

    /// <summary>The program that installs them, in the context: the engine quotes a step that fails, and a file's name says more than its text.</summary>
    public const string InstallFile = "install-requirements.sh";

    /// <summary>Text of that program. pip comes and goes with it: an image that serves needs none.</summary>
    public const string Install = """
        set -e
        export DEBIAN_FRONTEND=noninteractive
        if ! python3 -m pip --version >/dev/null 2>&1; then
          echo "installing pip"
          apt-get update -qq
          apt-get install -y -qq --no-install-recommends python3-pip >/dev/null
          came=yes
        fi
        # Debian keeps pip out of its own Python unless told that nobody else manages it.
        export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_COLOR=1 PIP_PROGRESS_BAR=off
        python3 -m pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt
        if [ -n "$came" ]; then
          apt-get purge -y -qq --auto-remove python3-pip >/dev/null
          rm -rf /var/lib/apt/lists/*
        fi
        rm -f /tmp/requirements.txt /tmp/install-requirements.sh

        """;

    /// <param name="spec">What is built.</param>
    /// <param name="baseImage">What it starts from.</param>
    /// <param name="user">The user of the base, which the image keeps; empty: it names none.</param>
    /// <param name="arguments">Names of the build arguments that pip reads.</param>
    public static string Write(ImageBuildSpec spec, string baseImage, string user, IEnumerable<string> arguments)
    {
        var file = new StringBuilder();
        file.Append("FROM ").Append(baseImage).Append('\n');
        if (spec.Requirements is not null)
        {
            foreach (var argument in arguments)
            {
                file.Append("ARG ").Append(argument).Append('\n');
            }

            file.Append("USER root\n");
            file.Append($"COPY {RequirementsFile} {InstallFile} /tmp/\n");
            file.Append($"RUN sh /tmp/{InstallFile}\n");
            file.Append("USER ").Append(user.Length > 0 ? user : "root").Append('\n');
        }

        if (spec.ArtefactPath is { } path)
        {
            file.Append($"COPY {ArtefactFolder}/ /{ArtefactFolder}/\n");
            file.Append("ENV ORCHESTRATOR_ARTEFACT=").Append(Quote($"/{ArtefactFolder}/{Path.GetFileName(path)}")).Append('\n');
        }

        return file.ToString();
    }

    private static string Quote(string value) =>
        $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal)}\"";
}
