using System.Text;
using Orchestrator.Load;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>
/// Holds each answer of a load against what the status had said when its request was sent: a version that was retired by then must not answer. An answer that comes when its version
/// is being made to serve again is not judged, for then it may.
/// </summary>
internal sealed class RetiredVersions
{
    // Far more than are ever between sending and answer.
    private const int Remembered = 1 << 20;
    private readonly Retirement?[] _sentAfter = new Retirement?[Remembered];
    private Retirement? _retired;
    private long _answeredByRetired;

    /// <summary>Answers of a version that was retired when their request was sent.</summary>
    public long AnsweredByRetired => Volatile.Read(ref _answeredByRetired);

    /// <summary>From now on this version must not answer what is sent.</summary>
    public void Retire(string version) => Volatile.Write(ref _retired, new Retirement(Encoding.UTF8.GetBytes($"\"version\":\"{version}\"")));

    /// <summary>How many answers were judged since the last retirement.</summary>
    public long Judged => Volatile.Read(ref _retired)?.Judged ?? 0;

    /// <summary>How many answers were judged in retirements that have ended.</summary>
    public long AllJudged { get; private set; }

    /// <summary>Before anything is asked for that lets the retired version serve again.</summary>
    public void EndRetirement() => AllJudged += Interlocked.Exchange(ref _retired, null)?.Judged ?? 0;

    public LoadPlan Watch(LoadPlan plan) => plan with
    {
        // Called just before the request is sent.
        Body = index =>
        {
            _sentAfter[index % Remembered] = Volatile.Read(ref _retired);
            return plan.Body(index);
        },
    };

    public AnswerCheck Watch(AnswerCheck check) => (index, body) =>
    {
        if (_sentAfter[index % Remembered] is { } retirement && retirement.Takes(body) is var isRetired && Volatile.Read(ref _retired) == retirement)
        {
            retirement.Count();
            if (isRetired)
            {
                Interlocked.Increment(ref _answeredByRetired);
            }
        }

        return check(index, body);
    };

    private sealed class Retirement(byte[] version)
    {
        private long _judged;

        public long Judged => Volatile.Read(ref _judged);

        public bool Takes(ReadOnlySpan<byte> answer) => answer.IndexOf(version) >= 0;

        public void Count() => Interlocked.Increment(ref _judged);
    }
}
