package io.ironclaw.guest;

import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.Printable;
import io.ironclaw.api.ProtocolException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a guest says, taken apart and checked field by field (docs/guest-protocol.md, Frames). The
 * reader thread makes these of frames, so a breach of the protocol shows in one place, and whoever
 * waits gets values that are within their bounds.
 */
sealed interface GuestMessage {
  /** The answer to HELLO. */
  record HelloReply(long magic, int version, long nonce, long pid, long features, String agent)
      implements GuestMessage {}

  /** The answer to RENEW: the guest's clock, and this host's when the answer came. */
  record RenewReply(
      Instant clock,
      Instant received,
      String sample,
      String hostname,
      List<String> links,
      Renewed.Root root)
      implements GuestMessage {}

  /** The answer to NETWORK: the device is up. */
  record NetworkUp() implements GuestMessage {}

  /** The answer to PROBE: so many frames were sent. */
  record Probed(int sent) implements GuestMessage {}

  /** Somebody connects to a listener: the guest opens a stream. */
  record Open(long listener) implements GuestMessage {}

  /** The answer to PING. */
  record Pong(long token) implements GuestMessage {}

  /** Output of a command, or content of a file. */
  @SuppressWarnings("ArrayRecordComponent") // handed on once; never compared
  record Data(int channel, byte[] bytes) implements GuestMessage {}

  /** No more {@link Data} on a channel. */
  record End(int channel) implements GuestMessage {}

  /** So much more may be sent. */
  record Credit(long bytes) implements GuestMessage {}

  /** What says whether a command runs. */
  sealed interface Start extends GuestMessage {}

  /** The frame that ends a stream. */
  sealed interface Ending extends GuestMessage {}

  /** A command runs, with this number; or a listener listens, on this port. */
  record Started(long number) implements Start {}

  /** A command has ended. */
  record Exited(GuestCommand.Exit exit) implements Ending {}

  /** A file operation has ended well. */
  record Result(GuestAgent.FileResult result) implements Ending {}

  /** Both sides of a stream that the guest opened have said all. */
  record Closed() implements Ending {}

  /** It could not be done; on stream 0: the agent gives up. */
  record Failure(int errno, String why) implements Start, Ending {
    GuestRefusedException of(String what) {
      return new GuestRefusedException(what, errno, why);
    }
  }

  /** Bounds of what a field may say; the kernel's own where it has one. */
  final class Bounds {
    private static final int VERSION_TEXT = 64;
    private static final int SAMPLE = 16;
    private static final int HOSTNAME = 64;
    private static final int LINK = 15;
    private static final int REASON = 1_024;
    private static final int ERRNO = 4_095;
    private static final int PID = 1 << 22;
    private static final int SIGNAL = 64;

    private static final int EXIT_FLAGS =
        ProtocolNumbers.EXITED_OUT_OF_MEMORY | ProtocolNumbers.EXITED_MORE_REFUSED;

    /** Linux has below 500 system calls; there is room. */
    private static final int CALL = 4_095;

    private static final int MODE = 0177777;
    private static final long RSS_KIB = 1L << 40;
    private static final long MICROS = Duration.ofDays(3_650).toNanos() / 1_000;

    private Bounds() {}
  }

  /**
   * Takes a frame apart.
   *
   * @throws ProtocolException if a field is out of its bounds, bytes are missing or left over, or
   *     the frame is none that a guest sends
   */
  static GuestMessage of(Frame frame) throws ProtocolException {
    var in = frame.reader();
    GuestMessage message =
        switch (frame.type()) {
          case HELLO_REPLY ->
              new HelloReply(
                  in.u32(),
                  in.u16(),
                  in.u64(),
                  in.u32(),
                  in.u32(),
                  Printable.of(in.text(Bounds.VERSION_TEXT, "agent version")));
          case RENEWED -> renewed(in);
          case NETWORK_UP -> new NetworkUp();
          case PROBED -> new Probed(in.u16());
          case PONG -> new Pong(in.u64());
          case STARTED -> new Started(within("STARTED number", in.u32(), 1, Bounds.PID));
          case OPEN -> new Open(in.u32());
          case DATA -> {
            if (frame.payload().length == 0) {
              throw ProtocolException.field("DATA", "0 bytes", "1 to " + Frame.MAX_PAYLOAD);
            }
            yield new Data(frame.channel(), in.rest());
          }
          case END -> new End(frame.channel());
          case CREDIT -> new Credit(in.u32());
          case EXITED -> exited(in);
          case RESULT ->
              new Result(
                  new GuestAgent.FileResult(
                      within("RESULT size", in.u64(), 0, Long.MAX_VALUE),
                      (int) within("RESULT mode", in.u32(), 0, Bounds.MODE),
                      in.u64()));
          case ERROR ->
              new Failure(
                  (int) within("ERROR errno", in.u32(), 0, Bounds.ERRNO),
                  Printable.of(in.text(Bounds.REASON, "message")));
          default ->
              throw ProtocolException.field(
                  "frame type", frame.type().toString(), "a frame that a guest sends");
        };
    in.end();
    return message;
  }

  private static RenewReply renewed(PayloadReader in) throws ProtocolException {
    long nanos = in.u64();
    byte[] sample = in.bytes(Bounds.SAMPLE, "random sample");
    String hostname = in.text(Bounds.HOSTNAME, "hostname");
    if (sample.length != Bounds.SAMPLE) {
      throw ProtocolException.field("RENEWED random sample", sample.length + " bytes", "16 bytes");
    }
    var clock = Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L);
    var links = links(in);
    var roots = Renewed.Root.values();
    var root = roots[(int) within("RENEWED root", in.u8(), 0, roots.length - 1)];
    return new RenewReply(
        clock, Instant.now(), HexFormat.of().formatHex(sample), hostname, links, root);
  }

  private static List<String> links(PayloadReader in) throws ProtocolException {
    long count = within("RENEWED network devices", in.u16(), 0, ProtocolNumbers.MAX_LINKS);
    var links = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      links.add(Printable.of(in.text(Bounds.LINK, "network device")));
    }
    return links;
  }

  private static Exited exited(PayloadReader in) throws ProtocolException {
    var hows = GuestCommand.How.values();
    var how = hows[(int) within("EXITED how", in.u8(), 0, hows.length - 1)];
    int code = in.u8();
    long flags = within("EXITED flags", in.u8(), 0, Bounds.EXIT_FLAGS);
    if (how == GuestCommand.How.SIGNAL) {
      within("EXITED signal", code, 1, Bounds.SIGNAL);
    }
    return new Exited(
        new GuestCommand.Exit(
            how,
            code,
            micros("EXITED wall time", in.u64()),
            micros("EXITED CPU time", in.u64()),
            within("EXITED peak RSS", in.u64(), 0, Bounds.RSS_KIB),
            (flags & ProtocolNumbers.EXITED_OUT_OF_MEMORY) != 0,
            refused(in),
            (flags & ProtocolNumbers.EXITED_MORE_REFUSED) != 0));
  }

  private static Map<Integer, Long> refused(PayloadReader in) throws ProtocolException {
    long count = within("EXITED refused calls", in.u16(), 0, ProtocolNumbers.MAX_REFUSED);
    var refused = new TreeMap<Integer, Long>();
    for (int i = 0; i < count; i++) {
      int call = (int) within("EXITED refused call", in.u32(), 0, Bounds.CALL);
      long times = within("EXITED refused times", in.u64(), 1, Long.MAX_VALUE);
      if (refused.put(call, times) != null) {
        throw ProtocolException.field("EXITED refused call", "" + call, "each once");
      }
    }
    return refused;
  }

  private static Duration micros(String field, long value) throws ProtocolException {
    return Duration.ofNanos(within(field, value, 0, Bounds.MICROS) * 1_000);
  }

  private static long within(String field, long value, long low, long high)
      throws ProtocolException {
    if (value < low || value > high) {
      throw ProtocolException.field(field, Long.toUnsignedString(value), low + " to " + high);
    }
    return value;
  }
}
