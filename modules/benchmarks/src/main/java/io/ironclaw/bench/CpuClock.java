package io.ironclaw.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The CPU time of this process, with threads that have ended, in nanoseconds (clock_gettime(2)).
 * The JDK's own figure has steps of 10 ms.
 */
@SuppressWarnings("restricted")
final class CpuClock {
  private static final int CLOCK_PROCESS_CPUTIME_ID = 2;
  private static final MethodHandle CLOCK_GETTIME =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

  private CpuClock() {}

  static double millis() throws IOException {
    try (var arena = Arena.ofConfined()) {
      var time = arena.allocate(ValueLayout.JAVA_LONG, 2);
      int status = gettime(time);
      if (status != 0) {
        throw new IOException("clock_gettime failed");
      }
      return time.getAtIndex(ValueLayout.JAVA_LONG, 0) * 1e3
          + time.getAtIndex(ValueLayout.JAVA_LONG, 1) / 1e6;
    }
  }

  private static int gettime(MemorySegment time) {
    try {
      return (int) CLOCK_GETTIME.invokeExact(CLOCK_PROCESS_CPUTIME_ID, time);
    } catch (Throwable e) {
      // A call into C throws nothing.
      throw new AssertionError(e);
    }
  }
}
