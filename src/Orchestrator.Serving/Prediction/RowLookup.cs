using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;

namespace Orchestrator.Serving.Prediction;

/// <summary>The rows of one call as questions, equal rows as one: which are answered already, what is left to ask, and the whole answer out of both.</summary>
internal sealed class RowLookup
{
    private readonly CacheScope? _shared;
    private readonly Tensor[][] _rows;
    private readonly int[] _questionOf;
    private readonly List<(CacheKey Key, int Row)> _questions = [];
    private readonly PredictionOutcome?[] _known;
    private readonly int[] _placeOf;
    private int[]? _missed;

    /// <param name="call">With several rows.</param>
    /// <param name="parameters">Of the call, as part of the keys.</param>
    /// <param name="shared">What the answers belong to in the shared level; null: they are not shared.</param>
    /// <exception cref="ProtocolException">BYTES data is malformed.</exception>
    public RowLookup(in PredictionCall call, string? parameters, CacheScope? shared)
    {
        _shared = shared;
        _rows = RowTensors.Cut(call.Inputs, call.Inputs[0].Rows);
        _questionOf = new int[_rows.Length];
        var seen = new Dictionary<CacheKey, int>(_rows.Length);
        for (var row = 0; row < _rows.Length; row++)
        {
            var key = CacheKey.Of(call.Target.CacheScope, _rows[row], call.Outputs ?? [], parameters);
            if (!seen.TryGetValue(key, out var question))
            {
                seen[key] = question = _questions.Count;
                _questions.Add((key, row));
            }

            _questionOf[row] = question;
        }

        _known = new PredictionOutcome?[_questions.Count];
        _placeOf = new int[_questions.Count];
    }

    /// <summary>How many questions there are: the rows that differ.</summary>
    public int Count => _questions.Count;

    /// <summary>Questions without an answer, in the rows' order.</summary>
    public int[] Missed => _missed ??= [.. Enumerable.Range(0, Count).Where(question => _known[question] is null)];

    /// <summary>Whether every row is a question of its own and none is answered: then what is asked is the call as it came.</summary>
    public bool IsUnknown => Missed.Length == _rows.Length;

    public CacheKey KeyOf(int question) => _questions[question].Key;

    public void Found(int question, PredictionOutcome? answer)
    {
        _known[question] = answer;
        _missed = null;
    }

    /// <summary>Takes answers to those of <see cref="Missed"/>, in their order.</summary>
    public void Found(PredictionOutcome?[] answers)
    {
        var missed = Missed;
        for (var i = 0; i < missed.Length; i++)
        {
            Found(missed[i], answers[i]);
        }
    }

    /// <summary>Questions as the shared level takes them.</summary>
    public SharedQuestion[] Questions(PredictionCall call, int[] questions) =>
        Array.ConvertAll(questions, question => new SharedQuestion(KeyOf(question), call.Target.CacheScope, call.Target.Id, call.Target.Spec.Cache.Ttl, call.Target.Spec.Cache.StaleFor));

    /// <summary>The call that asks some questions only.</summary>
    public PredictionCall Ask(in PredictionCall call, int[] questions)
    {
        if (questions.Length == _rows.Length)
        {
            return Whole(call);
        }

        var inputs = new Tensor[call.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var index = i;
            inputs[i] = TensorRows.Concat(Array.ConvertAll(questions, question => _rows[_questions[question].Row][index]));
        }

        return call with { Inputs = inputs, RowKeys = new RowKeys(Array.ConvertAll(questions, KeyOf), _shared) };
    }

    /// <summary>The call as it came; it is not looked up again.</summary>
    public PredictionCall Whole(in PredictionCall call) => call with { RowKeys = new RowKeys(Array.ConvertAll(_questionOf, KeyOf), _shared) };

    /// <summary>All rows' answer.</summary>
    /// <param name="computed">The answer to <see cref="Missed"/>; null: there are none.</param>
    /// <returns>Null: the rows do not fit together, as when a model's rows are as long as the longest of their batch.</returns>
    public PredictionOutcome? TryJoin(PredictionOutcome? computed)
    {
        if (computed is not null && !TryPlace(computed))
        {
            return null;
        }

        var rows = Array.ConvertAll(_questionOf, question => _known[question]!.Outputs);
        if (RowTensors.TryJoin(rows) is not { } outputs)
        {
            return null;
        }

        Dictionary<int, string>? errors = null;
        List<int> invalid = [];
        for (var row = 0; row < rows.Length && computed?.RowErrors is not null; row++)
        {
            var question = _questionOf[row];
            if (_placeOf[question] is > 0 and var place && computed.RowErrors.TryGetValue(place - 1, out var text))
            {
                (errors ??= [])[row] = text;
                if (computed.InvalidRows.Contains(place - 1))
                {
                    invalid.Add(row);
                }
            }
        }

        return new PredictionOutcome
        {
            Kind = OutcomeKind.Ok, ModelVersion = (computed ?? _known[0]!).ModelVersion, Outputs = outputs, RowErrors = errors, InvalidRows = invalid, FromCache = computed is null,
        };
    }

    /// <summary>Puts what was computed in the places of what was missed.</summary>
    private bool TryPlace(PredictionOutcome computed)
    {
        Tensor[][] outputs;
        try
        {
            outputs = RowTensors.Cut(computed.Outputs, Missed.Length);
        }
        catch (ProtocolException)
        {
            return false;
        }

        var missed = Missed;
        for (var i = 0; i < missed.Length; i++)
        {
            _placeOf[missed[i]] = i + 1;
            _known[missed[i]] = new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = computed.ModelVersion, Outputs = outputs[i] };
        }

        return true;
    }
}
