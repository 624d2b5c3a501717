using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Tests.Cluster.Files;

public sealed class RedisSettingsTests
{
    private static readonly ValidationContext Anything = ValidationContext.ForLocalFiles(null);

    private static ClusterFile Parse(string yaml) => ClusterFileReader.Parse(yaml, "f.yaml", "/folder", n => n == "WHERE" ? "r:7" : null, Anything);

    [Fact]
    public void Parse_Redis_IsReadBesideTheSpec()
    {
        Parse("cluster: c").Redis.ShouldBeNull();
        Parse("redis: 127.0.0.1:6379").Redis.ShouldBe(new RedisSettings("127.0.0.1:6379"));
        Parse("redis: ${WHERE}").Redis.ShouldBe(new RedisSettings("r:7"));
        Parse("redis: { endpoints: 'a,b:1', tls: false, prefix: 'p:', passwordFile: secret }").Redis.ShouldBe(new RedisSettings("a,b:1", false, "p:", "/folder/secret"));
    }

    [Theory]
    [InlineData("redis: redis://:geheim@host", "f.yaml:1:8: redis: expected host:port, several separated by commas, got a URL or a connection string; give a password by passwordFile or ORCHESTRATOR_REDIS_PASSWORD, TLS by tls: true.")]
    [InlineData("redis: [a]", "f.yaml:1:8: redis: expected host:port, or a mapping with the keys endpoints, tls, prefix, passwordFile, found a list.")]
    [InlineData("redis: { tls: true }", "f.yaml:1:8: redis.endpoints: is missing; expected host:port, several separated by commas.")]
    [InlineData("redis: { endpoints: a, password: geheim }", "f.yaml:1:24: redis.password: unknown key 'password'; expected endpoints, passwordFile, prefix, tls, user.")]
    [InlineData("redis: { endpoints: a, user: geheim }", "f.yaml:1:30: redis.user: an ACL user needs client 2.x, which this build does not have; give the default user's password by passwordFile, or none.")]
    public void Parse_MistakeInRedis_IsSaidWithoutASecret(string yaml, string expected)
    {
        var file = Parse(yaml);
        file.Redis.ShouldBeNull();
        file.Errors.Select(e => e.ToString()).ShouldBe([expected]);
        file.Errors[0].ToString().ShouldNotContain("geheim");
    }
}
