package io.ironclaw.host.ffi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * Frames sent as they are out of a network device of the calling thread's namespace (packet(7)):
 * past the rules of that namespace, so that those of the other end can be tried.
 */
public final class PacketSocket {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final int CLOSE_ON_EXEC = 0x80000;

  /** struct sockaddr_ll. */
  private static final int ADDRESS_BYTES = 20;

  private static final int INDEX_AT = 4;

  private PacketSocket() {}

  /**
   * Sends frames, each with its Ethernet header.
   *
   * @param index of the device
   */
  public static void send(int index, List<byte[]> frames) throws IOException {
    var integer = ValueLayout.JAVA_INT;
    var size = ValueLayout.JAVA_LONG;
    var address = ValueLayout.ADDRESS;
    var socket = Libc.function("socket", FunctionDescriptor.of(integer, integer, integer, integer));
    var close = Libc.function("close", FunctionDescriptor.of(integer, integer));
    var sendto =
        Libc.function(
            "sendto",
            FunctionDescriptor.of(size, integer, address, size, integer, address, integer));
    int descriptor =
        (int)
            Libc.call(
                "open a packet socket",
                state -> (int) socket.invokeExact(state, AF_PACKET, SOCK_RAW | CLOSE_ON_EXEC, 0));
    try {
      for (var frame : frames) {
        send(sendto, descriptor, index, frame);
      }
    } finally {
      Libc.call("close a packet socket", state -> (int) close.invokeExact(state, descriptor));
    }
  }

  private static void send(MethodHandle sendto, int descriptor, int index, byte[] frame)
      throws IOException {
    try (var arena = Arena.ofConfined()) {
      var bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, frame);
      var to = arena.allocate(ADDRESS_BYTES);
      to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
      to.set(ValueLayout.JAVA_INT, INDEX_AT, index);
      Libc.call(
          "send a frame",
          state ->
              (long)
                  sendto.invokeExact(
                      state, descriptor, bytes, (long) frame.length, 0, to, ADDRESS_BYTES));
    }
  }
}
