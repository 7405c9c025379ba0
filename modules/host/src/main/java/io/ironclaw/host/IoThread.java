package io.ironclaw.host;

/**
 * A thread that blocks on a pipe or socket of a VM for as long as the VM lives.
 *
 * <p>These are platform threads, against the rule. A virtual thread that blocks on a socket starts
 * the JDK's poller, which sits in {@code epoll_wait} for good; and the JVM's end waits 300 ms for a
 * thread in a system call, even a daemon (HotSpot, {@code
 * VM_Exit::wait_for_threads_in_native_to_block}). That was a third of a short command's time. Next
 * to the process that each VM is, its three threads cost nothing.
 */
public final class IoThread {
  private IoThread() {}

  /** Starts a daemon thread. */
  public static Thread start(String name, Runnable work) {
    return Thread.ofPlatform().daemon().name(name).start(work);
  }
}
