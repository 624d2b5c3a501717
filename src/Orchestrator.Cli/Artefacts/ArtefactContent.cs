using System.Net;
using System.Net.Http.Headers;

namespace Orchestrator.Cli.Artefacts;

/// <summary>An artefact as the body of a request, written as it is read: nothing of it is held in memory.</summary>
internal sealed class ArtefactContent : HttpContent
{
    private readonly LocalArtefact _artefact;
    private readonly Action<long> _onSent;

    /// <param name="artefact">What is sent.</param>
    /// <param name="onSent">Told the sum of bytes so far.</param>
    public ArtefactContent(LocalArtefact artefact, Action<long> onSent)
    {
        _artefact = artefact;
        _onSent = onSent;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var counted = new CountingStream(stream, _onSent);
        await _artefact.WriteAsync(counted, cancellationToken);
        await counted.FlushAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _artefact.Bytes;
        return !_artefact.IsFolder;
    }
}
