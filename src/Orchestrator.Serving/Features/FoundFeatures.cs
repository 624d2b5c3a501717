using Orchestrator.Core;
using Orchestrator.Core.Features;

namespace Orchestrator.Serving.Features;

/// <summary>Why the store's value is not used.</summary>
public enum FeatureAbsence
{
    /// <summary>It is used.</summary>
    None,
    /// <summary>The store has no record of the entity.</summary>
    NotFound,
    /// <summary>The record has no such feature.</summary>
    Missing,
    /// <summary>The record is older than the view allows, or does not say how old it is.</summary>
    Stale,
    /// <summary>What is there is not of the feature's type.</summary>
    Invalid,
    /// <summary>The store did not answer in time.</summary>
    TimedOut,
    /// <summary>The store cannot be asked.</summary>
    Unavailable,
}

/// <summary>What a look-up brought for one entity of one view: each feature's value, its default, or why there is neither. Pure.</summary>
public sealed class FoundFeatures
{
    private readonly FeatureQuery _query;
    private readonly FeatureRecord? _record;
    private readonly TimeSpan? _age;
    private readonly string? _problem;

    private FoundFeatures(in FeatureQuery query, FeatureRecord? record, FeatureAbsence whole, TimeSpan? age, string? problem)
    {
        _query = query;
        _record = record;
        _age = age;
        _problem = problem;
        Whole = whole;
    }

    /// <summary>Why nothing of the record is used; None: something is.</summary>
    public FeatureAbsence Whole { get; }

    /// <summary>Whether a value of the record is of another type than its feature.</summary>
    public bool HasInvalid => _record is not null && (_record.Problem is not null || _record.Cells.Any(c => c.IsInvalid));

    /// <summary>Judges a record.</summary>
    /// <param name="query">What was looked for.</param>
    /// <param name="record">What came; with an answer, never null.</param>
    /// <param name="now">The wall clock.</param>
    public static FoundFeatures Of(in FeatureQuery query, FeatureRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        var age = now - record.At;
        var whole = record.Problem is not null ? FeatureAbsence.Invalid
            : !record.IsThere ? FeatureAbsence.NotFound
            : query.View.Spec.MaxAge is { } most && (age is null || age > most) ? FeatureAbsence.Stale
            : FeatureAbsence.None;
        return new FoundFeatures(query, record, whole, age, record.Problem);
    }

    /// <summary>No answer.</summary>
    /// <param name="query">What was looked for.</param>
    /// <param name="why">TimedOut or Unavailable.</param>
    /// <param name="problem">For people.</param>
    public static FoundFeatures Without(in FeatureQuery query, FeatureAbsence why, string problem) => new(query, null, why, null, problem);

    /// <summary>JSON of a feature's value or default; null: it has neither.</summary>
    /// <param name="feature">Index in the view.</param>
    /// <param name="why">Why it is not the store's.</param>
    public byte[]? ValueOf(int feature, out FeatureAbsence why)
    {
        why = Whole != FeatureAbsence.None ? Whole
            : _record!.Cells[feature] is var cell && cell.Json is not null ? FeatureAbsence.None
            : cell.IsInvalid ? FeatureAbsence.Invalid
            : FeatureAbsence.Missing;
        return why == FeatureAbsence.None ? _record!.Cells[feature].Json : _query.View.Features[feature].Default;
    }

    /// <summary>Why nothing of the record is used, for people; null: something is.</summary>
    public string? DescribeWhole() => Whole switch
    {
        FeatureAbsence.None => null,
        FeatureAbsence.NotFound => $"view '{_query.View.Name}' has nothing for {_query.View.Describe(_query.Entity)}",
        FeatureAbsence.Stale => DescribeAge(),
        _ => $"view '{_query.View.Name}', {_query.View.Describe(_query.Entity)}: {_problem}",
    };

    /// <summary>Why a feature has no value, for people: one sentence.</summary>
    public string Explain(int feature)
    {
        ValueOf(feature, out var why);
        var view = _query.View;
        var name = view.Features[feature].Name;
        var reason = DescribeWhole() ?? (why == FeatureAbsence.Invalid
            ? $"'{name}' of {view.Describe(_query.Entity)} in view '{view.Name}' is not of its type; expected {FeatureTypes.Expected(view.Features[feature].Type)}"
            : $"view '{view.Name}' has no '{name}' for {view.Describe(_query.Entity)}");
        return $"Feature '{name}' has no value and no default: {reason}.";
    }

    private string DescribeAge()
    {
        var most = Durations.Format(_query.View.Spec.MaxAge!.Value);
        var entity = _query.View.Describe(_query.Entity);
        return _age is { } age
            ? $"view '{_query.View.Name}' has {entity} as it was {Durations.Format(TimeSpan.FromSeconds(Math.Floor(age.TotalSeconds)))} ago, and only what is at most {most} old is used (maxAge)"
            : $"view '{_query.View.Name}' does not say how old {entity} is, and only what is at most {most} old is used (maxAge)";
    }
}
