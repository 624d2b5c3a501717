using Orchestrator.Core.Cluster;
using Orchestrator.Core.Images;

namespace Orchestrator.Core.Admin;

/// <summary>Answer to a change of the desired state.</summary>
/// <param name="Revision">The revision that holds now.</param>
/// <param name="Changed">False: everything was so already, nothing was written.</param>
/// <param name="Changes">One line per change, for people: <c>model digits: version 2 added, now current</c>.</param>
public sealed record ApplyResult(long Revision, bool Changed, IReadOnlyList<string> Changes);

/// <summary>Answer to an artefact's upload.</summary>
public sealed record UploadResult(string Digest, long Bytes);

/// <summary>Body of <c>POST /api/v1/models/{m}/deploy</c>: adds a version (or finds the equal one) and makes it current.</summary>
/// <param name="Version">The version; its artefact is uploaded already.</param>
/// <param name="MakeCurrent">False: only adds it.</param>
public sealed record DeployRequest(ModelVersionSpec Version, bool MakeCurrent = true);

/// <summary>Body of <c>POST /api/v1/models/{m}/rollback</c>.</summary>
/// <param name="Version">Where to; null: the version that served before.</param>
public sealed record RollbackRequest(string? Version);

/// <summary>Body of <c>POST /api/v1/models/{m}/versions/{v}/scale</c>.</summary>
public sealed record ScaleRequest(int Replicas);

/// <summary>Body of <c>POST /api/v1/models/{m}/build</c>: an image with the artefact in it.</summary>
/// <param name="Version">Name of the version; becomes the image's tag.</param>
/// <param name="Framework">Whose image it starts from.</param>
/// <param name="Digest">The artefact, uploaded already; null: none is needed.</param>
/// <param name="Requirements">Text of a requirements.txt to install with pip; null: none.</param>
/// <param name="Registry">Comes before the image's name, such as <c>registry.example.com:5000/team</c>; null: nothing.</param>
/// <param name="Base">Another image to start from; null: the framework's own.</param>
/// <param name="Push">Push it when it is built.</param>
public sealed record BuildImageRequest(string Version, string Framework, string? Digest, string? Requirements, string? Registry, string? Base, bool Push = false);

/// <summary>One line of the answer to a build, which is a stream of them; exactly one member is set.</summary>
/// <param name="Line">What happens, in the engine's words.</param>
/// <param name="Built">The last one of a build that succeeded.</param>
/// <param name="Error">The last one of a build that failed.</param>
public sealed record BuildImageMessage(string? Line = null, BuiltImage? Built = null, string? Error = null);

/// <summary>Every error answer of the admin API: 400 invalid, 404 unknown, 409 conflict with what exists, 507 cannot be stored.</summary>
/// <param name="Error">One sentence.</param>
/// <param name="Details">Every single mistake, where there are several.</param>
public sealed record AdminError(string Error, IReadOnlyList<SpecError> Details);
