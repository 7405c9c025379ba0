package io.ironclaw.host.ffi;

import io.ironclaw.api.HostException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The signals that this process gets, read one by one from a descriptor (signalfd(2)). They must
 * have been blocked before Java started, or the kernel acts on them at once: the launcher does that
 * with {@code env --block-signal}. One that came before the queue was opened is read first.
 *
 * <p>Java's own way to hear of signals knows no SIGQUIT and prints a thread dump for it.
 */
public final class SignalQueue implements AutoCloseable {
  private static final int SIGSTOP = 19;

  /** Wakes the reader; does nothing by itself. */
  private static final int SIGWINCH = 28;

  private static final int CLOSE_ON_EXEC = 0x80000;
  private static final int SIGSET_BYTES = 128;

  /** struct signalfd_siginfo; its first field is the number of the signal. */
  private static final int SIGINFO_BYTES = 128;

  private final MethodHandle read;
  private final MethodHandle kill;
  private final int descriptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  private SignalQueue(MethodHandle read, MethodHandle kill, int descriptor) {
    this.read = read;
    this.kill = kill;
    this.descriptor = descriptor;
  }

  /**
   * Opens the queue.
   *
   * @param signals their numbers, 1 to 64
   */
  public static SignalQueue open(Set<Integer> signals) throws HostException {
    var integer = ValueLayout.JAVA_INT;
    var signalfd =
        function("signalfd", FunctionDescriptor.of(integer, integer, ValueLayout.ADDRESS, integer));
    var read =
        function(
            "read",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG, integer, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    var kill = function("kill", FunctionDescriptor.of(integer, integer, integer));
    try (var arena = Arena.ofConfined()) {
      var set = arena.allocate(SIGSET_BYTES);
      long bits = 0;
      for (int signal : signals) {
        bits |= 1L << signal - 1;
      }
      // sigset_t is an array of long; the first has the signals 1 to 64.
      set.set(ValueLayout.JAVA_LONG, 0, bits | 1L << SIGWINCH - 1);
      int descriptor = (int) signalfd.invokeExact(-1, set, CLOSE_ON_EXEC);
      if (descriptor < 0) {
        throw new HostException("signals can't be received: signalfd failed; are files left?");
      }
      return new SignalQueue(read, kill, descriptor);
    } catch (HostException e) {
      throw e;
    } catch (Throwable e) {
      // A method handle declares Throwable; a call into libc throws nothing.
      throw new IllegalStateException(e);
    }
  }

  // Calls into libc are what this package is for.
  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, FunctionDescriptor type) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  /** Waits for the next signal; 0 when the queue is closed. For one thread. */
  public int next() {
    try (var arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(SIGINFO_BYTES);
      while (!closed.get()) {
        long n = (long) read.invokeExact(descriptor, info, (long) SIGINFO_BYTES);
        if (n == SIGINFO_BYTES && !closed.get()) {
          return info.get(ValueLayout.JAVA_INT, 0);
        }
      }
      return 0;
    } catch (Throwable e) {
      // As above.
      throw new IllegalStateException(e);
    }
  }

  /** Stops this process as SIGSTOP does; returns when it was continued. */
  public void stopProcess() {
    send(SIGSTOP);
  }

  private void send(int signal) {
    try {
      int _ = (int) kill.invokeExact((int) ProcessHandle.current().pid(), signal);
    } catch (Throwable e) {
      // As above.
      throw new IllegalStateException(e);
    }
  }

  /**
   * Ends the wait of {@link #next}. The descriptor stays open until the process ends, as a reader
   * may be about to use it.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      send(SIGWINCH);
    }
  }
}
