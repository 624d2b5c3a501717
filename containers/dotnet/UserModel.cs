using System.Reflection;

namespace Orchestrator.Container.Dotnet;

/// <summary>Makes the user's model from an artefact. Options: <c>type</c>, full or short name of the class when there are several; <c>assembly</c>, file name of the dll; all others are the model's own.</summary>
internal static class UserModel
{
    /// <exception cref="ModelLoadException">The artefact has no model, several, or one that cannot be made.</exception>
    /// <exception cref="ConfigurationException">The option <c>type</c> names none of them.</exception>
    public static IModel Create(ModelContext context)
    {
        var assemblies = ArtefactAssemblies.Find(context.RequireArtefact(), context.Options.Text("assembly"));
        var types = assemblies.SelectMany(path => ModelTypes(new ModelLoadContext(path).LoadFromAssemblyPath(path))).ToList();
        return Instantiate(Choose(types, context.Options.Text("type"), assemblies), context);
    }

    private static IEnumerable<Type> ModelTypes(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false } && typeof(IModel).IsAssignableFrom(t));
        }
        catch (ReflectionTypeLoadException failure)
        {
            var cause = failure.LoaderExceptions.OfType<Exception>().FirstOrDefault() ?? failure;
            throw new ModelLoadException($"{assembly.GetName().Name} cannot be loaded: {cause.Message} Expected all that it depends on beside it; copy the output of 'dotnet publish', not of 'dotnet build'", failure);
        }
    }

    private static Type Choose(List<Type> types, string? wanted, IReadOnlyList<string> assemblies)
    {
        var found = types.Count == 0 ? "none" : string.Join(", ", types.Select(t => $"'{t.FullName}'"));
        if (wanted is not null)
        {
            var matching = types.FindAll(t => t.FullName == wanted || t.Name == wanted);
            return matching.Count == 1
                ? matching[0]
                : throw new ConfigurationException($"option 'type' is '{wanted}', which names {matching.Count} classes; expected the full name of one that implements IModel: {found}");
        }

        return types.Count switch
        {
            1 => types[0],
            0 => throw new ModelLoadException($"no class in {Names(assemblies)} implements Orchestrator.Container.IModel; expected one, not abstract and not generic"),
            _ => throw new ModelLoadException($"{types.Count} classes in {Names(assemblies)} implement IModel: {found}; expected one, or the option 'type' with the name of the one to serve"),
        };
    }

    private static string Names(IEnumerable<string> assemblies) => string.Join(", ", assemblies.Select(Path.GetFileName));

    private static IModel Instantiate(Type type, ModelContext context)
    {
        try
        {
            if (type.GetConstructor([typeof(ModelContext)]) is { } withContext)
            {
                return (IModel)withContext.Invoke(BindingFlags.DoNotWrapExceptions, null, [context], null);
            }

            if (type.GetConstructor(Type.EmptyTypes) is { } bare)
            {
                return (IModel)bare.Invoke(BindingFlags.DoNotWrapExceptions, null, null, null);
            }
        }
        catch (Exception failure) when (failure is TypeLoadException or MissingMemberException or FileNotFoundException or FileLoadException)
        {
            throw new ModelLoadException($"'{type.FullName}' cannot be made: {failure.Message}; expected all that it depends on beside it; copy the output of 'dotnet publish'", failure);
        }

        throw new ModelLoadException($"'{type.FullName}' has no public constructor that fits; expected one without parameters or one with a ModelContext");
    }
}
