package io.ironclaw.guest;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestUnresponsiveException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;

/** A command that runs in a guest. Nothing but the streams and {@link #await} waits for it. */
public final class GuestCommand {
  private final GuestConnection connection;
  private final GuestStream stream;

  GuestCommand(GuestConnection connection, GuestStream stream) {
    this.connection = connection;
    this.stream = stream;
  }

  /** How it ended. */
  public enum How {
    STATUS,
    SIGNAL,
    TIME_LIMIT
  }

  /**
   * The end of a command, in the guest's own words.
   *
   * @param outOfMemory whether it was killed because memory had run out
   * @param refused what its filter has refused to it, by the number of the system call
   * @param moreRefused whether there may be more
   */
  public record Exit(
      How how,
      int code,
      Duration wall,
      Duration cpu,
      long peakRssKib,
      boolean outOfMemory,
      Map<Integer, Long> refused,
      boolean moreRefused) {
    public Exit {
      refused = Map.copyOf(refused);
    }
  }

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
    connection.kill(stream);
  }

  private void send(Frame frame) throws GuestException {
    if (!stream.ended().isDone()) {
      connection.send(frame);
    }
  }

  /**
   * Waits for the end; its output must be read meanwhile, or thrown away.
   *
   * @throws GuestUnresponsiveException also if the guest lets it outlive its time limit or a kill
   */
  public Exit await() throws GuestException, InterruptedException {
    return switch (GuestConnection.await(stream.ended())) {
      case GuestMessage.Exited(Exit exit) -> exit;
      case GuestMessage.Failure failure -> throw failure.of(stream.what());
      case GuestMessage.Result _, GuestMessage.Closed _ ->
          throw new IllegalStateException("a stream checks how it ends");
    };
  }

  /** Throws its unread output away and kills it if it still runs. Never blocks for its end. */
  public void abandon() throws GuestException {
    stream.stdout().close();
    stream.stderr().close();
    kill();
  }
}
