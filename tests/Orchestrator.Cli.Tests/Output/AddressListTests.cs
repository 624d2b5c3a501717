using Orchestrator.Cli.Output;

namespace Orchestrator.Cli.Tests.Output;

public sealed class AddressListTests
{
    [Fact]
    public void Lines_OfNamesAndAddressesOfAnyLength_AreAligned()
    {
        var list = new AddressList();
        list.Add("wine", "POST http://h:1/wine/predict", "orch predict wine INPUT");
        list.Add("digits-of-the-post", "POST http://h:1/digits-of-the-post/predict", "orch predict digits-of-the-post INPUT");
        list.Add("log", "/a/very/long/path/that/nothing/stands/beside/and/that/pushes/nothing/aside.log");
        list.Lines().ShouldBe(
        [
            "  wine               POST http://h:1/wine/predict                  orch predict wine INPUT",
            "  digits-of-the-post POST http://h:1/digits-of-the-post/predict    orch predict digits-of-the-post INPUT",
            "  log                /a/very/long/path/that/nothing/stands/beside/and/that/pushes/nothing/aside.log",
        ]);
    }
}
