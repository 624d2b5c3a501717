namespace Orchestrator.Cli.Output;

/// <summary>Lines of a name, an address and what to do with it, aligned however long names and addresses are.</summary>
internal sealed class AddressList
{
    private const int ShortestName = 12;
    private readonly List<(string Name, string Address, string Use)> _lines = [];

    public void Add(string name, string address, string use = "") => _lines.Add((name, address, use));

    public IEnumerable<string> Lines()
    {
        var name = _lines.Select(l => l.Name.Length).Append(ShortestName).Max();
        // What nothing stands beside, such as the path of a log, pushes nothing aside.
        var address = _lines.Where(l => l.Use.Length > 0).Select(l => l.Address.Length).DefaultIfEmpty(0).Max();
        return _lines.Select(l => $"  {l.Name.PadRight(name)} {l.Address.PadRight(address)}    {l.Use}".TrimEnd());
    }
}
