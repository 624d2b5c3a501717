using System.Text;
using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Tests.Cluster.Files;

public sealed class ClusterFileFuzzTests
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_ROUNDS"), out var rounds) ? rounds : 2000;

    private static readonly string[] Pieces =
        ["{", "}", "[", "]", ": ", "- ", "\n", "\t", "  ", "&a ", "*a", "!!int ", "!x ", "? ", "| \n", "> \n", "\"", "'", "#", "---\n", "...\n", "%", "@", "`", "${", "}", "\0", "\uFEFF", "\ud800", "\u2028", "<<: ", "~", "-1", "1e999", "é"];

    [Fact]
    public void Parse_AnyText_GivesASpecOrErrorsWithAPlace()
    {
        var sample = File.ReadAllText(Path.Combine(SampleFileTests.RepositoryRoot(), "samples", "orchestrator.yaml"));
        var validation = new ValidationContext { Frameworks = ["sklearn", "onnx"], FindArtefactProblem = _ => null };
        for (var seed = 0; seed < Rounds; seed++)
        {
            var text = Mutate(sample, new Random(seed));
            ClusterFile file;
            try
            {
                file = ClusterFileReader.Parse(text, "f", "/", _ => null, validation);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}", e);
            }

            (file.Spec is null).ShouldBe(file.Errors.Count > 0, $"seed {seed}");
            file.Errors.ShouldAllBe(e => e.Line > 0 && e.Column > 0 && e.Message.EndsWith('.'), $"seed {seed}");
        }
    }

    private static string Mutate(string text, Random random)
    {
        var result = new StringBuilder(text);
        for (var changes = random.Next(1, 8); changes > 0; changes--)
        {
            var at = random.Next(result.Length);
            switch (random.Next(3))
            {
                case 0:
                    result.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 1:
                    result.Remove(at, Math.Min(random.Next(1, 40), result.Length - at));
                    break;
                default:
                    result[at] = (char)random.Next(1, 300);
                    break;
            }
        }

        return result.ToString();
    }
}
