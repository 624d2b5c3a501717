namespace Orchestrator.Host.Gateway;

/// <summary>Reads the list of query frontends that a gateway balances over.</summary>
internal static class FrontendAddresses
{
    /// <summary>The addresses in their order; each mistake is one line in <paramref name="errors"/>.</summary>
    /// <param name="text">URLs or <c>host:port</c>, separated by commas.</param>
    /// <param name="errors">Told what is wrong with which of them.</param>
    public static IReadOnlyList<Uri> Read(string text, ICollection<string> errors)
    {
        var addresses = new List<Uri>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var url = item.Contains("://", StringComparison.Ordinal) ? item : "http://" + item;
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address is not { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "", Fragment: "" } || !HasPort(item, address))
            {
                errors.Add($"--frontends: expected http://HOST:PORT of query frontends, separated by commas, got '{item}'");
            }
            else if (addresses.Contains(address))
            {
                errors.Add($"--frontends: {address} is named twice");
            }
            else
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    // A forgotten port would quietly be 80. The port of a URL that writes the scheme's own is no longer seen in it.
    private static bool HasPort(string item, Uri address) => !address.IsDefaultPort || item.TrimEnd('/').EndsWith($":{address.Port}", StringComparison.Ordinal);
}
