using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Versioning;

namespace Orchestrator.Container.Dotnet.Tests;

public sealed class UserModelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("od-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Create_TwoVersionsOfOneAssembly_KeepsThemApart()
    {
        var one = UserModel.Create(Artefacts.Context(Artefacts.Of("ShiftOne")));
        var two = UserModel.Create(Artefacts.Context(Path.Combine(Artefacts.Of("ShiftTwo"), "Shift.dll")));

        one.GetType().FullName.ShouldBe(two.GetType().FullName);
        one.GetType().ShouldNotBe(two.GetType());
        (By(one), By(two)).ShouldBe((1, 2));
        one.GetType().Assembly.GetName().Version!.Major.ShouldBe(1);
    }

    [Fact]
    public void Create_SeveralModels_SaysWhichAndTakesTheOneNamed()
    {
        var artefact = Artefacts.Of("TwoModels");

        Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(artefact)))
            .Message.ShouldBe("2 classes in TwoModels.dll implement IModel: 'TwoModels.First', 'TwoModels.Second'; expected one, or the option 'type' with the name of the one to serve");
        UserModel.Create(Artefacts.Context(artefact, """{"type":"First"}""")).GetType().FullName.ShouldBe("TwoModels.First");
        UserModel.Create(Artefacts.Context(artefact, """{"type":"TwoModels.First","assembly":"TwoModels.dll"}""")).GetType().Name.ShouldBe("First");
        Should.Throw<ConfigurationException>(() => UserModel.Create(Artefacts.Context(artefact, """{"type":"Third"}""")))
            .Message.ShouldContain("'Third', which names 0 classes; expected the full name of one that implements IModel: 'TwoModels.First'");
    }

    [Fact]
    public void Create_NoConstructorThatFits_SaysWhatWasExpected() =>
        Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(Artefacts.Of("TwoModels"), """{"type":"Second"}""")))
            .Message.ShouldBe("'TwoModels.Second' has no public constructor that fits; expected one without parameters or one with a ModelContext");

    [Fact]
    public void Create_NoArtefactOrNoAssembly_SaysWhatIsThere()
    {
        Should.Throw<ConfigurationException>(() => UserModel.Create(Artefacts.Context(null))).Message.ShouldContain("ORCHESTRATOR_ARTEFACT is not set");
        Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(_folder.FullName))).Message.ShouldContain("has no dll; expected a .NET class library");

        File.WriteAllText(Path.Combine(_folder.FullName, "native.dll"), "MZ no assembly");
        Emit("Plain", "net", version: null);
        Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(_folder.FullName)))
            .Message.ShouldContain("Plain.dll (does not use Orchestrator.Container), native.dll (no .NET assembly)");
        Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(_folder.FullName, """{"assembly":"My.dll"}"""))).Message.ShouldContain("no 'My.dll' (option assembly)");
    }

    [Fact]
    public void Create_ContractUsedButNoModel_SaysSo()
    {
        Emit("Empty", ".NETCoreApp,Version=v8.0", typeof(IModel).Assembly.GetName().Version);

        Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(_folder.FullName))).Message.ShouldContain("no class in Empty.dll implements Orchestrator.Container.IModel");
    }

    [Theory]
    [InlineData(".NETCoreApp,Version=v99.0")]
    [InlineData(".NETFramework,Version=v4.8")]
    public void Create_OtherTargetFramework_SaysBothAndTheRemedy(string framework)
    {
        Emit("Odd", framework, typeof(IModel).Assembly.GetName().Version);

        var message = Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(_folder.FullName))).Message;

        message.ShouldContain($"Odd.dll was built for '{framework}', but this container runs .NET {Environment.Version.ToString(2)}");
        message.ShouldContain("<TargetFramework>net");
    }

    [Fact]
    public void Create_NewerContract_SaysBothVersions()
    {
        Emit("Newer", ".NETCoreApp,Version=v10.0", new Version(99, 0, 0, 0));

        Should.Throw<ModelLoadException>(() => UserModel.Create(Artefacts.Context(_folder.FullName)))
            .Message.ShouldContain($"Newer.dll was built with Orchestrator.Container 99.0.0.0, but this container has {typeof(IModel).Assembly.GetName().Version}");
    }

    private static long By(IModel model) => (long)model.GetType().GetField("By")!.GetRawConstantValue()!;

    /// <summary>Writes an assembly without a compiler; with a version it references that version of the contract.</summary>
    private void Emit(string name, string framework, Version? version)
    {
        var attribute = new CustomAttributeBuilder(typeof(TargetFrameworkAttribute).GetConstructor([typeof(string)])!, [framework]);
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly, version is null ? [] : [attribute]);
        var type = assembly.DefineDynamicModule(name).DefineType("Something", TypeAttributes.Public);
        if (version is not null)
        {
            type.DefineField("Model", ContractOf(version), FieldAttributes.Public);
        }

        type.CreateType();
        assembly.Save(Path.Combine(_folder.FullName, $"{name}.dll"));
    }

    private static Type ContractOf(Version version)
    {
        if (version == typeof(IModel).Assembly.GetName().Version)
        {
            return typeof(IModel);
        }

        var contract = new PersistedAssemblyBuilder(new AssemblyName("Orchestrator.Container") { Version = version }, typeof(object).Assembly);
        return contract.DefineDynamicModule("Orchestrator.Container").DefineType("Orchestrator.Container.IModel", TypeAttributes.Public | TypeAttributes.Interface | TypeAttributes.Abstract).CreateType();
    }
}
