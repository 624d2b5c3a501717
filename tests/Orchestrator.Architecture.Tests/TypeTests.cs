using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orchestrator.Architecture.Tests;

public sealed class TypeTests
{
    private const int MaxConstructorParameters = 6;
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Names that hide that nobody decided the job.</summary>
    private static readonly string[] BannedSuffixes = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Processor", "Handler"];

    private static IEnumerable<Type> Types => SourceTree.Projects.SelectMany(p => p.WrittenTypes());

    [Fact]
    public void Type_Name_SaysAJob() =>
        Types.Where(t => BannedSuffixes.Any(s => BareName(t).EndsWith(s, StringComparison.Ordinal)) && !IsNamedByItsBase(t)).Select(Show).ShouldBeEmpty();

    [Fact]
    public void Type_NamedService_IsTheOneThatComposesItsPlane() =>
        SourceTree.Projects
            .Select(p => p.WrittenTypes().Where(t => t.IsClass && BareName(t).EndsWith("Service", StringComparison.Ordinal) && !IsHosted(t)).Select(Show).ToList())
            .Where(services => services.Count > 1)
            .ShouldBeEmpty();

    [Fact]
    public void Class_WithoutDerivedOnes_IsSealed()
    {
        var bases = Types.Select(t => t.BaseType).OfType<Type>().Select(b => b.IsGenericType ? b.GetGenericTypeDefinition() : b).ToHashSet();
        Types.Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && !bases.Contains(t) && !IsProgram(t)).Select(Show).ShouldBeEmpty();
    }

    /// <summary>Public beyond Core and Protocol (ports, specs, wire types) is what another project names, and what that shows in its signatures.</summary>
    [Fact]
    public void Type_Public_IsUsedByAnotherProject()
    {
        var unused = new List<string>();
        foreach (var project in SourceTree.Projects.Where(p => p.Name is not ("Orchestrator.Core" or "Orchestrator.Protocol")))
        {
            var others = string.Join('\n', SourceTree.CSharpFiles("src", "tests").Where(f => !f.Contains($"/{project.Name}/", StringComparison.Ordinal)).Select(SourceTree.Read));
            var published = project.WrittenTypes().Where(t => t.IsPublic && !IsProgram(t)).ToList();
            var used = published.Where(t => System.Text.RegularExpressions.Regex.IsMatch(others, $@"\b{BareName(t)}\b") || HasExtensions(t)).ToHashSet();
            int before;
            do
            {
                before = used.Count;
                used.UnionWith([.. used.SelectMany(Shown).Where(published.Contains)]);
            }
            while (used.Count > before);
            unused.AddRange(published.Except(used).Select(Show));
        }

        unused.Except(Debts.PublicTypes).ShouldBeEmpty("make them internal");
    }

    [Fact]
    public void Class_Constructor_TakesFewDependencies() =>
        Types.Where(t => t.IsClass && !IsRecord(t))
            .Where(t => t.GetConstructors(All & ~BindingFlags.Static).Any(c => c.GetParameters().Length > MaxConstructorParameters))
            .Select(Show)
            .Except(Debts.LongConstructors)
            .ShouldBeEmpty();

    [Fact]
    public void Policy_Constructor_TakesNoClockAndNoLogger() =>
        Types.Where(t => t.IsClass && t.Name.EndsWith("Policy", StringComparison.Ordinal))
            .Where(t => t.GetConstructors(All & ~BindingFlags.Static).Any(c => c.GetParameters().Any(p => p.ParameterType == typeof(TimeProvider) || p.ParameterType.Name.StartsWith("ILogger", StringComparison.Ordinal))))
            .Select(Show)
            .ShouldBeEmpty("policies decide purely: what they need to know is in their arguments");

    [Fact]
    public void Spec_Shape_IsASealedRecordWithInitOnlyProperties() =>
        Types.Where(t => t.IsClass && t.Name.EndsWith("Spec", StringComparison.Ordinal) && t.Name != "Spec")
            .Where(t => !t.IsSealed || !IsRecord(t) || t.GetProperties(All).Any(p => p.SetMethod is { } set && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))))
            .Select(Show)
            .ShouldBeEmpty();

    [Fact]
    public void Method_Async_IsNeverVoid() =>
        Types.SelectMany(t => t.GetMethods(All))
            .Where(m => m.ReturnType == typeof(void) && m.GetCustomAttribute<AsyncStateMachineAttribute>() is not null)
            .Select(m => $"{Show(m.DeclaringType!)}.{m.Name}")
            .ShouldBeEmpty();

    [Fact]
    public void Field_Static_IsNeverAssignedAfterStart() =>
        Types.SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(f => f is { IsInitOnly: false, IsLiteral: false } && !f.Name.Contains('<', StringComparison.Ordinal) && !IsOfAGenerator(f))
            .Select(f => $"{Show(f.DeclaringType!)}.{f.Name}")
            .ShouldBeEmpty("state has an owner that is injected");

    private static string BareName(Type type) => type.Name.Split('`')[0];

    private static string Show(Type type) => $"{type.FullName}";

    /// <summary>A handler of HTTP messages is called so by the framework.</summary>
    private static bool IsNamedByItsBase(Type type) => typeof(HttpMessageHandler).IsAssignableFrom(type);

    private static bool IsHosted(Type type) => type.GetInterfaces().Any(i => i.Name == "IHostedService");

    private static bool IsProgram(Type type) => type.Name == "Program";

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    /// <summary>JSON source generation keeps its caches in the partial class that asked for them.</summary>
    private static bool IsOfAGenerator(FieldInfo field) =>
        typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(field.DeclaringType) || field.GetCustomAttribute<CompilerGeneratedAttribute>() is not null;

    private static bool HasExtensions(Type type) => type is { IsAbstract: true, IsSealed: true } && type.GetMethods(BindingFlags.Static | BindingFlags.Public).Any(m => m.IsDefined(typeof(ExtensionAttribute)));

    private static IEnumerable<Type> Shown(Type type)
    {
        var members = type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static);
        var types = members.SelectMany(m => m switch
        {
            MethodBase method => method.GetParameters().Select(p => p.ParameterType).Concat(method is MethodInfo info ? [info.ReturnType] : []),
            PropertyInfo property => [property.PropertyType],
            FieldInfo field => [field.FieldType],
            _ => [],
        });
        return types.Concat(type.GetInterfaces()).Concat(type.BaseType is { } parent ? [parent] : []).SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
        : [type];
}
