package io.ironclaw.host.ffi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Calls into libc that keep their errno. */
final class Libc {
  private static final Linker.Option KEEPS_ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final int INTERRUPTED = 4;

  private Libc() {}

  /** A call; its first argument is where its errno goes. */
  @FunctionalInterface
  interface Call {
    long in(MemorySegment state) throws Throwable;
  }

  /** A function of libc; its first argument will be where its errno goes. */
  // Calls into libc are what this package is for.
  @SuppressWarnings("restricted")
  static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
    var linker = Linker.nativeLinker();
    var all = new Linker.Option[options.length + 1];
    all[0] = KEEPS_ERRNO;
    System.arraycopy(options, 0, all, 1, options.length);
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, all);
  }

  /**
   * Makes a call, again if a signal came between.
   *
   * @return what it returned, 0 or more
   * @throws IOException if it returned less
   */
  static long call(String what, Call call) throws IOException {
    try (var arena = Arena.ofConfined()) {
      var state = arena.allocate(STATE);
      while (true) {
        long result = call.in(state);
        if (result >= 0) {
          return result;
        }
        int errno = (int) ERRNO.get(state, 0L);
        if (errno != INTERRUPTED) {
          throw new IOException("can't " + what + ": " + Errno.text(errno));
        }
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      // A method handle declares Throwable; a call into libc throws nothing.
      throw new IllegalStateException(e);
    }
  }
}
