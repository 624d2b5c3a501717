namespace Orchestrator.Container.MlNet.Model;

/// <summary>Finds the model's file in the artefact.</summary>
internal static class ModelFile
{
    private static readonly string[] Endings = [".zip", ".mlnet"];

    /// <summary>The artefact itself, or the one model file in the folder that it is.</summary>
    /// <exception cref="ConfigurationException">There is no artefact, or none or several files in it that could be the model.</exception>
    public static string Find(ModelContext context)
    {
        var artefact = context.RequireArtefact();
        if (!Directory.Exists(artefact))
        {
            return artefact;
        }

        var files = Directory.GetFiles(artefact).Order(StringComparer.Ordinal).ToArray();
        var models = Array.FindAll(files, f => Endings.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase));
        return models.Length == 1
            ? models[0]
            : throw new ConfigurationException($"the artefact is a folder with {models.Length} files that end in {string.Join(" or ", Endings)}; expected one. It has {List(files)}");
    }

    private static string List(string[] files) =>
        files.Length == 0 ? "no files" : string.Join(", ", files.Take(20).Select(Path.GetFileName));
}
