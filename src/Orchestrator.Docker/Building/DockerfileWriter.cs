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

    private const string InstalledFrom = "/tmp/requirements.txt";

    // pip comes and goes with the step: an image that serves needs none. Debian keeps pip out of its own Python unless told that nobody else manages it.
    private const string Install =
        "set -e; " +
        "if ! python3 -m pip --version >/dev/null 2>&1; then apt-get update && apt-get install -y --no-install-recommends python3-pip && touch /tmp/pip-came; fi; " +
        "PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore python3 -m pip install --no-cache-dir --disable-pip-version-check -r " + InstalledFrom + "; " +
        "if [ -e /tmp/pip-came ]; then apt-get purge -y --auto-remove python3-pip && rm -rf /var/lib/apt/lists/*; fi; " +
        "rm -f /tmp/pip-came " + InstalledFrom;

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
            file.Append($"COPY {RequirementsFile} {InstalledFrom}\n");
            file.Append("RUN ").Append(Install).Append('\n');
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
