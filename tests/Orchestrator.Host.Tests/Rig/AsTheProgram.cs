using System.Runtime.CompilerServices;
using Orchestrator.Host.Composition;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>Sets what the program sets before anything else.</summary>
internal static class AsTheProgram
{
    [ModuleInitializer]
    internal static void Begin() => SocketCompletions.RunInline();
}
