namespace Orchestrator.Container.Noop;

/// <summary>How the model that computes nothing behaves; every option is optional.</summary>
internal sealed record NoopOptions
{
    public const double MaxMilliseconds = 3_600_000;

    /// <summary>Milliseconds per batch. Default 0.</summary>
    public double BaseMs { get; init; }

    /// <summary>Milliseconds per row. Default 0.</summary>
    public double PerRowMs { get; init; }

    /// <summary>Sigma of the lognormal factor on the duration, whose median is 1; 0: none. Default 0.</summary>
    public double Noise { get; init; }

    /// <summary>Of the noise. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Wait asleep; false: compute all the time, as a real model does. Default true.</summary>
    public bool Sleep { get; init; } = true;

    /// <summary>Values per row; null: any number. Default null.</summary>
    public int? Columns { get; init; }

    /// <summary>Most rows of a batch; null: no bound. Default null.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>A batch with a row that starts with this value fails.</summary>
    public double? FailValue { get; init; }

    /// <summary>A batch with a row that starts with this value never ends.</summary>
    public double? HangValue { get; init; }

    /// <summary>A batch with a row that starts with this value kills the process.</summary>
    public double? CrashValue { get; init; }

    /// <summary>A row that starts with this value fails alone.</summary>
    public double? RowErrorValue { get; init; }

    /// <summary>Every so-manieth batch fails; null: none.</summary>
    public int? FailEvery { get; init; }

    /// <summary>Milliseconds that loading takes. Default 0.</summary>
    public double LoadMs { get; init; }

    /// <summary>Loading fails. Default false.</summary>
    public bool RefuseLoad { get; init; }

    public static NoopOptions Read(ModelOptions options)
    {
        options.AllowOnly("baseMs", "perRowMs", "noise", "seed", "sleep", "columns", "maxBatchSize", "failValue", "hangValue", "crashValue",
            "rowErrorValue", "failEvery", "loadMs", "refuseLoad");
        var columns = options.Whole("columns", -1);
        return new NoopOptions
        {
            BaseMs = options.Number("baseMs", 0, MaxMilliseconds) ?? 0,
            PerRowMs = options.Number("perRowMs", 0, MaxMilliseconds) ?? 0,
            Noise = options.Number("noise", 0, 5) ?? 0,
            Seed = options.Whole("seed") ?? 1,
            Sleep = options.Flag("sleep") ?? true,
            Columns = columns == -1 ? null : columns,
            MaxBatchSize = options.Whole("maxBatchSize", 1),
            FailValue = options.Number("failValue"),
            HangValue = options.Number("hangValue"),
            CrashValue = options.Number("crashValue"),
            RowErrorValue = options.Number("rowErrorValue"),
            FailEvery = options.Whole("failEvery", 1),
            LoadMs = options.Number("loadMs", 0, MaxMilliseconds) ?? 0,
            RefuseLoad = options.Flag("refuseLoad") ?? false,
        };
    }
}
