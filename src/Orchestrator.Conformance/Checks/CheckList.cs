namespace Orchestrator.Conformance.Checks;

/// <summary>Every check, in the order they run: what others build on first, wrong requests late, and after them whether it still serves.</summary>
internal static class CheckList
{
    public static IReadOnlyList<ContractCheck> All { get; } =
    [
        new LiveCheck(),
        new ReadyCheck(),
        new ServerMetadataCheck(),
        new ModelMetadataCheck(),
        new VersionMetadataCheck(),
        new ModelReadyCheck(),
        new UnknownModelCheck(),
        new UnknownVersionCheck(),
        new UnknownPathCheck(),
        new WrongVerbCheck(),
        new InferJsonFlatCheck(),
        new InferJsonNestedCheck(),
        new InferBinaryCheck(),
        new InferBinaryPaddedCheck(),
        new InferSameAnswersCheck(),
        new InferMixedCheck(),
        new InferSignatureCheck(),
        new InferBatchCheck(),
        new LargestBatchCheck(),
        new InferConvertsCheck(),
        new OutputSelectionCheck(),
        new IdEchoCheck(),
        new KeepAliveCheck(),
        new ConcurrentRequestsCheck(),
        new HealthDuringInferenceCheck(),
        new TimingHeadersCheck(),
        new VersionHeaderCheck(),
        new DeadlineCheck(),
        new BusyCheck(),
        new UnknownInputCheck(),
        new MissingInputCheck(),
        new WrongShapeCheck(),
        new WrongDatatypeCheck(),
        new WrongLengthCheck(),
        new MalformedJsonCheck(),
        new TruncatedBinaryCheck(),
        new HeaderLengthCheck(),
        new UnknownOutputCheck(),
        new ErrorBodyCheck(),
        new ShapeBombCheck(),
        new BodyLimitCheck(),
        new StillServesCheck(),
    ];

    /// <summary>If this fails, nothing else is tried.</summary>
    public static ContractCheck First => All[0];
}
