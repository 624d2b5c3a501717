using System.Runtime.InteropServices;

namespace Orchestrator.Load.Arrivals;

/// <summary>Sleeps of well under a millisecond, without spinning: the cores are needed by what is measured.</summary>
internal static partial class PreciseSleep
{
    private const int SetTimerSlack = 29;

    /// <summary>Asks the kernel to wake the calling thread within a microsecond instead of its usual 50; elsewhere than on Linux nothing.</summary>
    public static void SharpenThisThread()
    {
        if (OperatingSystem.IsLinux())
        {
            // A refusal costs 50 µs of precision and no correctness: latencies count from the intended time either way.
            _ = Prctl(SetTimerSlack, 1_000, 0, 0, 0);
        }
    }

    /// <summary>Returns after about <paramref name="duration"/>; early when a signal interrupts it, so call it in a loop.</summary>
    public static void For(TimeSpan duration)
    {
        if (OperatingSystem.IsWindows())
        {
            using var never = new ManualResetEvent(false);
            never.WaitOne((int)Math.Ceiling(duration.TotalMilliseconds));
            return;
        }

        var span = new TimeSpec { Seconds = duration.Ticks / TimeSpan.TicksPerSecond, Nanoseconds = duration.Ticks % TimeSpan.TicksPerSecond * 100 };
        _ = NanoSleep(in span, IntPtr.Zero);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec duration, IntPtr remaining);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
