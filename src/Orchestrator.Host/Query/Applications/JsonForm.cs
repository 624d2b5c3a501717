using System.Text.Unicode;
using Orchestrator.Protocol;

namespace Orchestrator.Host.Query.Applications;

/// <summary>Says whether a tensor can be written as JSON.</summary>
internal static class JsonForm
{
    /// <summary>What stands against it, as the rest of a sentence that begins with the output's name; null: nothing.</summary>
    public static string? FindObstacle(Tensor tensor) => tensor.DataType switch
    {
        DataType.Bf16 => "is BF16, which has no JSON form",
        // Length prefixes of valid elements may be no UTF-8 themselves, so elements are looked at one by one.
        DataType.Bytes when !IsText(tensor.Data.Span) => "holds bytes that are no UTF-8 text",
        _ => null,
    };

    private static bool IsText(ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(uint))
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data);
            if (length > data.Length - sizeof(uint) || !Utf8.IsValid(data.Slice(sizeof(uint), (int)length)))
            {
                return false;
            }

            data = data[(sizeof(uint) + (int)length)..];
        }

        return data.Length == 0;
    }
}
