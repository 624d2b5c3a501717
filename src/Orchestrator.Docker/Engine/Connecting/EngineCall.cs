using System.Text;

namespace Orchestrator.Docker.Engine;

/// <summary>One call of the engine's API, without its version.</summary>
internal sealed record EngineCall(HttpMethod Method, string Path)
{
    private readonly StringBuilder _query = new();

    /// <summary>What is sent; owned by the call.</summary>
    public HttpContent? Content { get; init; }

    /// <summary>The value of X-Registry-Auth; null: none.</summary>
    public string? RegistryAuth { get; init; }

    /// <summary>The value of X-Registry-Config (a build's logins); null: none.</summary>
    public string? RegistryConfig { get; init; }

    /// <summary>How long the engine may take until its answer begins; null: as long as any other call.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>Answers beside the 2xx that mean success: 304, for what is as it shall be already.</summary>
    public bool NotModifiedIsFine { get; init; }

    public static EngineCall Get(string path) => new(HttpMethod.Get, path);

    public static EngineCall Post(string path) => new(HttpMethod.Post, path);

    public static EngineCall Delete(string path) => new(HttpMethod.Delete, path);

    public static EngineCall Put(string path) => new(HttpMethod.Put, path);

    /// <summary>Adds a parameter; null or false: leaves it out.</summary>
    public EngineCall With(string name, string? value)
    {
        if (value is not null)
        {
            _query.Append(_query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return this;
    }

    /// <summary>Adds a parameter that is true; false: leaves it out.</summary>
    public EngineCall With(string name, bool value) => With(name, value ? "1" : null);

    /// <summary>Path and query.</summary>
    public string Target => Path + _query;

    /// <summary>For messages.</summary>
    public override string ToString() => $"{Method} {Path}";
}
