using Orchestrator.Core.Cluster;

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

/// <summary>Every error answer of the admin API: 400 invalid, 404 unknown, 409 conflict with what exists, 507 cannot be stored.</summary>
/// <param name="Error">One sentence.</param>
/// <param name="Details">Every single mistake, where there are several.</param>
public sealed record AdminError(string Error, IReadOnlyList<SpecError> Details);
