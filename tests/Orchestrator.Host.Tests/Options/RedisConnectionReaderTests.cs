using Orchestrator.Host.Options;

namespace Orchestrator.Host.Tests.Options;

public sealed class RedisConnectionReaderTests
{
    [Fact]
    public void NothingSaid_NoRedis()
    {
        var errors = new List<string>();
        RedisConnectionReader.Read(Options([], []), errors).ShouldBeNull();
        errors.ShouldBeEmpty();
    }

    [Fact]
    public void Everything_IsTaken()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "se same\nrest\n");
            var errors = new List<string>();
            var redis = RedisConnectionReader.Read(Options(["--redis", "a:7000, b", "--redis-tls=true", "--redis-prefix", "x/", "--redis-password-file", file], []), errors)!;
            errors.ShouldBeEmpty();
            redis.Endpoints.ShouldBe(["a:7000", "b"]);
            redis.Password.ShouldBe("se same");
            redis.Tls.ShouldBeTrue();
            redis.KeyPrefix.ShouldBe("x/");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Password_FromTheEnvironment_IsTaken() =>
        RedisConnectionReader.Read(Options([], new() { ["ORCHESTRATOR_REDIS"] = "h:1", ["ORCHESTRATOR_REDIS_PASSWORD"] = "p" }), [])!.Password.ShouldBe("p");

    [Theory]
    [InlineData("needs client 2.x", "--redis", "h", "--redis-user", "reader")]
    [InlineData("expected host or host:port, got 'h:x'", "--redis", "h:x")]
    [InlineData("expected host or host:port, got 'h:70000'", "--redis", "a,h:70000")]
    [InlineData("got a URL or a connection string", "--redis", "redis://:secret@h:1")]
    [InlineData("got a URL or a connection string", "--redis", "h:1,password=secret")]
    [InlineData("no endpoint", "--redis", ",")]
    [InlineData("redis prefix: expected", "--redis", "h", "--redis-prefix", "a*secret")]
    [InlineData("is missing beside other redis options", "--redis-tls", "true")]
    [InlineData("cannot be read", "--redis", "h", "--redis-password-file", "/nowhere/secret")]
    [InlineData("visible to every user", "--redis", "h", "--redis-password", "secret")]
    [InlineData("expected true or false", "--redis", "h", "--redis-tls", "maybe")]
    public void Mistake_IsSaid(string expected, params string[] arguments)
    {
        var errors = new List<string>();
        var options = HostOptionsReader.Read(arguments, _ => null, errors);
        RedisConnectionReader.Read(options, errors);
        errors.ShouldContain(e => e.Contains(expected, StringComparison.Ordinal));
        errors.Where(e => !e.Contains("/nowhere/", StringComparison.Ordinal)).ShouldAllBe(e => !e.Contains("secret", StringComparison.Ordinal));
    }

    private static HostOptions Options(string[] arguments, Dictionary<string, string> environment)
    {
        var errors = new List<string>();
        var options = HostOptionsReader.Read(arguments, environment.GetValueOrDefault, errors);
        errors.ShouldBeEmpty();
        return options;
    }
}
