using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control;

/// <summary>The outside world as the control plane meets it.</summary>
internal sealed record ControlPorts(
    IModelRegistry Registry, IArtefactStore Artefacts, IContainerRuntime Runtime, IServingSnapshots Snapshots, IFrontendReports Reports);
