package io.ironclaw.guest;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/** A command that runs in a guest. */
public final class GuestCommand {
  private final GuestConnection connection;
  private final GuestStream stream;
  private final String program;

  GuestCommand(GuestConnection connection, GuestStream stream, String program) {
    this.connection = connection;
    this.stream = stream;
    this.program = program;
  }

  /** How it ended. */
  public enum How {
    STATUS,
    SIGNAL,
    TIME_LIMIT
  }

  /** The end of a command, in the guest's own words. */
  public record Exit(How how, int code, Duration wall, Duration cpu, long peakRssKib) {}

  public InputStream stdout() {
    return stream.stdout();
  }

  public InputStream stderr() {
    return stream.stderr();
  }

  public OutputStream stdin() {
    return stream.stdin();
  }

  /** Sends a signal, 1 to 64, to the command's process group. */
  public void signal(int signal) throws GuestException {
    if (signal < 1 || signal > 64) {
      throw new IllegalArgumentException("signal " + signal + ": use 1 to 64");
    }
    send(Frame.of(FrameType.SIGNAL, stream.id(), new PayloadWriter().u8(signal).bytes()));
  }

  /** Tells the pseudo-terminal its size. */
  public void resize(int rows, int columns) throws GuestException {
    var payload = new PayloadWriter().u16(rows).u16(columns).bytes();
    send(Frame.of(FrameType.RESIZE, stream.id(), payload));
  }

  /** Kills all of the command's processes. */
  public void kill() throws GuestException {
    send(Frame.empty(FrameType.KILL, 0, stream.id()));
  }

  private void send(Frame frame) throws GuestException {
    if (!stream.ended().isDone()) {
      connection.send(frame);
    }
  }

  /**
   * Waits for the end; its output must be read meanwhile, or thrown away.
   *
   * @throws GuestUnresponsiveException also if the guest lets it outlive its time limit
   */
  public Exit await() throws GuestException, InterruptedException {
    var end = connection.awaitAlive(stream, stream.ended(), "end of " + program);
    if (end.type() == FrameType.ERROR) {
      throw GuestConnection.refusal(program, end);
    }
    var reader = end.reader();
    int how = reader.u8();
    int code = reader.u8();
    var wall = micros(reader.u64());
    var cpu = micros(reader.u64());
    long peakRss = reader.u64();
    reader.end();
    if (how >= How.values().length) {
      throw connection.endWith(ProtocolException.field("EXITED how", "" + how, "0 to 2"));
    }
    return new Exit(How.values()[how], code, wall, cpu, peakRss);
  }

  /** Throws its unread output away and kills it if it still runs. Never blocks for its end. */
  public void abandon() throws GuestException {
    stream.stdout().close();
    stream.stderr().close();
    kill();
  }

  private static Duration micros(long value) throws ProtocolException {
    if (value < 0 || value > Duration.ofDays(3650).toNanos() / 1_000) {
      throw ProtocolException.field("EXITED time", Long.toUnsignedString(value), "0 to 10 years");
    }
    return Duration.ofNanos(value * 1_000);
  }
}
