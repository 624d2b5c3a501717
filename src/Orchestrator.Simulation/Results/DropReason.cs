namespace Orchestrator.Simulation.Results;

/// <summary>Why a request was not answered in time.</summary>
public enum DropReason
{
    /// <summary>Refused at the door: even alone and at once it would have been late.</summary>
    Infeasible,
    /// <summary>Refused at the door: behind the work ahead of it it would have been late.</summary>
    Shed,
    /// <summary>Refused at the door: the queue was full.</summary>
    Full,
    /// <summary>Given up while it waited, for it could no longer be done in time.</summary>
    GivenUp,
    /// <summary>Its deadline passed while it waited.</summary>
    Expired,
    /// <summary>Its batch came back after its deadline.</summary>
    Late,
}
