namespace Orchestrator.Docker.Engine;

/// <summary>Networks.</summary>
internal sealed class NetworkOperations(EngineTransport transport)
{
    /// <param name="name">Name or id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<NetworkInfo> InspectAsync(string name, CancellationToken cancellationToken) =>
        transport.ReadAsync(EngineCall.Get($"/networks/{Uri.EscapeDataString(name)}"), EngineJson.Default.NetworkInfo, cancellationToken);
}
