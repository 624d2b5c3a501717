using System.Runtime.Versioning;

// Reads processor times from /proc and ends its programs by signal.
[assembly: SupportedOSPlatform("linux")]
