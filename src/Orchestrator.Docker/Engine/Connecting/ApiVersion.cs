using System.Globalization;

namespace Orchestrator.Docker.Engine;

/// <summary>A version of the engine's API, such as 1.41.</summary>
internal readonly record struct ApiVersion(int Major, int Minor) : IComparable<ApiVersion>
{
    /// <summary>The oldest spoken here: Docker 20.10's.</summary>
    public static readonly ApiVersion Oldest = new(1, 41);

    /// <summary>The newest known here: Docker 29's. An engine that knows newer ones is spoken to in this one.</summary>
    public static readonly ApiVersion Newest = new(1, 52);

    /// <summary>Since when a part of a volume can be mounted.</summary>
    public static readonly ApiVersion VolumeSubpaths = new(1, 45);

    public static ApiVersion? TryParse(string? text)
    {
        var parts = (text ?? "").Split('.');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? new ApiVersion(major, minor)
            : null;
    }

    /// <summary>The newest that both sides know.</summary>
    /// <param name="engineNewest">What the engine says it speaks.</param>
    /// <param name="engineOldest">What it refuses to go below; null: it did not say.</param>
    /// <exception cref="EngineException">There is none.</exception>
    public static ApiVersion Negotiate(ApiVersion engineNewest, ApiVersion? engineOldest)
    {
        if (engineNewest < Oldest)
        {
            throw new EngineException("version", $"the engine speaks API {engineNewest} at most, and {Oldest} is needed: Docker 20.10 or newer");
        }

        if (engineOldest > Newest)
        {
            throw new EngineException("version", $"the engine speaks no API older than {engineOldest}, and {Newest} is the newest known here");
        }

        return engineNewest < Newest ? engineNewest : Newest;
    }

    public int CompareTo(ApiVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public static bool operator <(ApiVersion left, ApiVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(ApiVersion left, ApiVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(ApiVersion left, ApiVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ApiVersion left, ApiVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}
