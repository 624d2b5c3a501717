using Orchestrator.Core;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;

namespace Orchestrator.Serving.Tests.Caching.Shared;

public sealed class StoredPredictionTests
{
    private static readonly CacheKey Key = new(1, 2, 3, 4);
    private static readonly ModelVersionId Id = new("m", "1");
    private static readonly DateTimeOffset Fresh = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123);

    private static readonly Tensor[] Outputs =
    [
        new("größe", DataType.Fp64, [1, 2], new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }),
        new("text", DataType.Bytes, [1], new byte[] { 2, 0, 0, 0, 104, 105 }),
        new("scalar", DataType.Bool, [], new byte[] { 1 }),
        new("none", DataType.Int32, [1, 0], Array.Empty<byte>()),
    ];

    [Fact]
    public void Written_Read_IsTheSame()
    {
        var value = StoredPrediction.Write(Key, Outputs, Fresh);
        value.Length.ShouldBe((int)StoredPrediction.SizeOf(Outputs));
        var read = StoredPrediction.Read(Key, value, Id, out var fresh)!;
        fresh.ShouldBe(Fresh);
        read.FromCache.ShouldBeTrue();
        read.ModelVersion.ShouldBe(Id);
        read.Outputs.Select(Text).ShouldBe(Outputs.Select(Text));
    }

    [Fact]
    public void AnyBitChanged_IsNoAnswer()
    {
        var value = StoredPrediction.Write(Key, Outputs, Fresh);
        for (var bit = 0; bit < value.Length * 8; bit++)
        {
            value[bit / 8] ^= (byte)(1 << (bit % 8));
            StoredPrediction.Read(Key, value, Id, out _).ShouldBeNull($"bit {bit}");
            value[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void CutOrLengthened_IsNoAnswer()
    {
        var value = StoredPrediction.Write(Key, Outputs, Fresh);
        for (var length = 0; length < value.Length; length++)
        {
            StoredPrediction.Read(Key, value[..length], Id, out _).ShouldBeNull();
        }

        StoredPrediction.Read(Key, [.. value, 0], Id, out _).ShouldBeNull();
    }

    [Fact]
    public void UnderAnotherKey_IsNoAnswer() =>
        StoredPrediction.Read(Key with { D = 5 }, StoredPrediction.Write(Key, Outputs, Fresh), Id, out _).ShouldBeNull();

    private static string Text(Tensor tensor) => $"{tensor.Name} {tensor.DataType} [{string.Join(',', tensor.Shape)}] {Convert.ToHexString(tensor.Data.Span)}";
}
