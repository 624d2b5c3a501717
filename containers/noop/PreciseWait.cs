using System.Runtime.InteropServices;

namespace Orchestrator.Container.Noop;

/// <summary>
/// Blocks the calling thread, as a model that computes does, to about 0.1 ms: it sleeps for most of the time and spins for the rest,
/// because the kernel wakes a sleeper 50 to 150 µs late.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="sleep">False: spins all the time, as if it computed.</param>
internal sealed partial class PreciseWait(TimeProvider time, bool sleep)
{
    private static readonly TimeSpan Spin = TimeSpan.FromMicroseconds(180);

    /// <summary>Returns once <paramref name="duration"/> has passed since <paramref name="begun"/>.</summary>
    public void Until(long begun, TimeSpan duration)
    {
        while (duration - time.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
        {
            if (sleep && left > Spin)
            {
                Sleep(left - Spin);
            }
            else
            {
                Thread.SpinWait(20);
            }
        }
    }

    private static void Sleep(TimeSpan duration)
    {
        if (OperatingSystem.IsWindows())
        {
            // No finer sleep there without a timer of its own; less than a millisecond is spun.
            using var never = new ManualResetEvent(false);
            never.WaitOne((int)duration.TotalMilliseconds);
            return;
        }

        var span = new TimeSpec { Seconds = duration.Ticks / TimeSpan.TicksPerSecond, Nanoseconds = duration.Ticks % TimeSpan.TicksPerSecond * 100 };
        // Interrupted by a signal it returns early, and the loop above sleeps again.
        _ = NanoSleep(in span, IntPtr.Zero);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec duration, IntPtr remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
