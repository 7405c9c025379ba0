package io.ironclaw.host.ffi;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The network namespace of one thread (unshare(2): each thread of a process may have its own). It
 * has the sockets that the thread makes and the processes that it starts, and is gone when the
 * thread has ended and nothing of it is in use: nothing of it can be left over.
 */
public final class NetworkNamespace {
  private static final int CLONE_NEWNET = 0x4000_0000;

  private NetworkNamespace() {}

  /**
   * Gives the calling thread a network namespace of its own, with nothing in it but {@code lo}.
   *
   * @return a name of the namespace that holds as long as the thread lives
   * @throws IOException if the kernel refuses: it needs CAP_SYS_ADMIN
   */
  public static Path unshare() throws IOException {
    var integer = ValueLayout.JAVA_INT;
    var unshare = Libc.function("unshare", FunctionDescriptor.of(integer, integer));
    Libc.call(
        "unshare a network namespace", state -> (int) unshare.invokeExact(state, CLONE_NEWNET));
    Path proc = Path.of("/proc");
    return proc.resolve(Files.readSymbolicLink(proc.resolve("thread-self"))).resolve("ns/net");
  }
}
