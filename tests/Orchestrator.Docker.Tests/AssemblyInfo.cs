// A fake engine is a Unix socket, and a real one is started by tests/docker-engine.sh.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
