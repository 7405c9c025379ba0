package io.ironclaw.host.ffi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A socket on which the kernel tells what happens in a network namespace (netlink(7)): that of the
 * thread which opens it. For one reader; closed by any thread.
 */
public final class Netlink implements AutoCloseable {
  /** Links, addresses, routes (rtnetlink(7)). */
  public static final int ROUTE = 0;

  /** Rules of nftables, packets that a rule logs (linux/netfilter/nfnetlink.h). */
  public static final int NETFILTER = 12;

  /** Groups of {@link #ROUTE}: links, IPv4 addresses and routes. */
  public static final int LINKS = 0x1 | 0x10 | 0x40;

  /** Group 7 of {@link #NETFILTER}: changes of nftables. */
  public static final int RULES = 1 << 6;

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int CLOSE_ON_EXEC = 0x80000;
  private static final int ADDRESS_BYTES = 12;
  private static final int GROUPS_AT = 8;
  private static final int POLL_BYTES = 8;
  private static final short POLLIN = 1;
  private static final int SO_RCVBUF = 8;
  private static final int SOL_SOCKET = 1;
  private static final int BUFFER = 1 << 20;
  private static final int MOST = 65_536;

  private static final ValueLayout.OfInt INTEGER = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;

  private final MethodHandle poll;
  private final MethodHandle recv;
  private final MethodHandle send;
  private final MethodHandle write;
  private final MethodHandle close;
  private final int socket;
  private final int waker;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Held while the descriptors are in use: they are not closed under a reader. */
  private final ReentrantLock reading = new ReentrantLock();

  private Netlink(int socket, int waker, MethodHandle close) {
    var address = ValueLayout.ADDRESS;
    this.socket = socket;
    this.waker = waker;
    this.close = close;
    poll = Libc.function("poll", FunctionDescriptor.of(INTEGER, address, SIZE, INTEGER));
    recv = Libc.function("recv", FunctionDescriptor.of(SIZE, INTEGER, address, SIZE, INTEGER));
    send = Libc.function("send", FunctionDescriptor.of(SIZE, INTEGER, address, SIZE, INTEGER));
    write = Libc.function("write", FunctionDescriptor.of(SIZE, INTEGER, address, SIZE));
  }

  /**
   * Opens one in the namespace of the calling thread.
   *
   * @param protocol {@link #ROUTE} or {@link #NETFILTER}
   * @param groups that are listened to; 0 = none
   */
  public static Netlink open(int protocol, int groups) throws IOException {
    var address = ValueLayout.ADDRESS;
    var socket = Libc.function("socket", FunctionDescriptor.of(INTEGER, INTEGER, INTEGER, INTEGER));
    var bind = Libc.function("bind", FunctionDescriptor.of(INTEGER, INTEGER, address, INTEGER));
    var option =
        Libc.function(
            "setsockopt",
            FunctionDescriptor.of(INTEGER, INTEGER, INTEGER, INTEGER, address, INTEGER));
    var eventfd = Libc.function("eventfd", FunctionDescriptor.of(INTEGER, INTEGER, INTEGER));
    var close = Libc.function("close", FunctionDescriptor.of(INTEGER, INTEGER));
    int descriptor =
        (int)
            Libc.call(
                "open a netlink socket",
                s -> (int) socket.invokeExact(s, AF_NETLINK, SOCK_RAW | CLOSE_ON_EXEC, protocol));
    boolean done = false;
    try (var arena = Arena.ofConfined()) {
      var size = arena.allocateFrom(INTEGER, BUFFER);
      Libc.call(
          "size a netlink socket",
          s -> (int) option.invokeExact(s, descriptor, SOL_SOCKET, SO_RCVBUF, size, 4));
      var name = arena.allocate(ADDRESS_BYTES);
      name.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
      name.set(INTEGER, GROUPS_AT, groups);
      Libc.call(
          "bind a netlink socket", s -> (int) bind.invokeExact(s, descriptor, name, ADDRESS_BYTES));
      int waker =
          (int) Libc.call("make an eventfd", s -> (int) eventfd.invokeExact(s, 0, CLOSE_ON_EXEC));
      done = true;
      return new Netlink(descriptor, waker, close);
    } finally {
      if (!done) {
        Libc.call("close", s -> (int) close.invokeExact(s, descriptor));
      }
    }
  }

  /** Sends a message of the caller's making. */
  public void send(byte[] message) throws IOException {
    try (var arena = Arena.ofConfined()) {
      var bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
      Libc.call(
          "send to netlink",
          s -> (long) send.invokeExact(s, socket, bytes, (long) message.length, 0));
    }
  }

  /**
   * Waits for the next datagram.
   *
   * @return its bytes, at most 64 KiB; empty once this is closed
   * @throws IOException also if the kernel had more to tell than the socket holds
   */
  public byte[] next() throws IOException {
    reading.lock();
    try (var arena = Arena.ofConfined()) {
      var polled = arena.allocate(2L * POLL_BYTES);
      polled.set(INTEGER, 0, socket);
      polled.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
      polled.set(INTEGER, POLL_BYTES, waker);
      polled.set(ValueLayout.JAVA_SHORT, POLL_BYTES + 4, POLLIN);
      if (closed.get()) {
        return new byte[0];
      }
      Libc.call("wait for netlink", s -> (int) poll.invokeExact(s, polled, 2L, -1));
      if (closed.get()) {
        return new byte[0];
      }
      MemorySegment buffer = arena.allocate(MOST);
      long length =
          Libc.call(
              "read netlink", s -> (long) recv.invokeExact(s, socket, buffer, (long) MOST, 0));
      return buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    } finally {
      reading.unlock();
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try (var arena = Arena.ofConfined()) {
      var one = arena.allocateFrom(SIZE, 1L);
      Libc.call("wake a reader", s -> (long) write.invokeExact(s, waker, one, 8L));
      reading.lock();
      try {
        Libc.call("close", s -> (int) close.invokeExact(s, socket));
        Libc.call("close", s -> (int) close.invokeExact(s, waker));
      } finally {
        reading.unlock();
      }
    } catch (IOException _) {
      // The descriptors end with this process.
    }
  }
}
