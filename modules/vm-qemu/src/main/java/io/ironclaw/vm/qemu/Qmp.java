package io.ironclaw.vm.qemu;

import io.ironclaw.api.Printable;
import io.ironclaw.api.VmStartException;
import io.ironclaw.host.IoThread;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A QMP session (QEMU Machine Protocol, docs/interop/qmp-spec). Commands may be sent ahead of their
 * replies; replies come in order, events between them. One thread at a time.
 */
final class Qmp implements AutoCloseable {
  static final int MOST_WAITING = 128;

  /** What QEMU says. */
  sealed interface Message {
    /** A command succeeded. */
    record Return(Object value) implements Message {}

    /** A command failed. */
    record Failure(String description) implements Message {}

    /** Something happened. */
    record Event(String name, Map<String, Object> data) implements Message {}

    /** The first message of a session. */
    record Greeting() implements Message {}

    /** The session is over. */
    record End(String why) implements Message {}
  }

  private final SocketChannel channel;
  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>(MOST_WAITING);

  Qmp(SocketChannel channel) {
    this.channel = channel;
    IoThread.start("qmp-reader", this::read);
  }

  private void read() {
    String why = "QEMU closed it";
    try {
      var lines = new LineReader(Channels.newInputStream(channel));
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        keep(QmpJson.parse(line.get()));
      }
    } catch (IOException e) {
      why = Printable.of(PrivateDir.reason(e));
    }
    keep(new Message.End(why));
    close();
  }

  /** An old event that nobody waits for may be dropped; a reply can't pile up so far. */
  private void keep(Message message) {
    while (!messages.offer(message)) {
      messages.poll();
    }
  }

  /** Sends commands in one write. */
  void send(List<String> commands) throws IOException {
    var bytes =
        ByteBuffer.wrap(
            String.join("\n", commands)
                .concat("\n")
                .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Waits for that many replies, and gives them in order; events in between are dropped. */
  List<Object> replies(int count, String what, Duration deadline)
      throws VmStartException, InterruptedException {
    long end = System.nanoTime() + deadline.toNanos();
    var values = new ArrayList<Object>();
    while (values.size() < count) {
      if (next(what, end, deadline) instanceof Message.Return(var value)) {
        values.add(value);
      }
    }
    return values;
  }

  /** Waits for the end of a migration, out or in; replies in between are dropped. */
  void migrated(String what, Duration deadline) throws VmStartException, InterruptedException {
    long end = System.nanoTime() + deadline.toNanos();
    while (true) {
      if (next(what, end, deadline) instanceof Message.Event(String name, var data)
          && name.equals("MIGRATION")) {
        var status = String.valueOf(data.get("status"));
        if (status.equals("completed")) {
          return;
        }
        if (status.equals("failed")) {
          throw new VmStartException("QEMU could not " + what + ": its migration failed");
        }
      }
    }
  }

  private Message next(String what, long end, Duration deadline)
      throws VmStartException, InterruptedException {
    long left = end - System.nanoTime();
    // Without this check a flood of events would go on for ever.
    var message = left > 0 ? messages.poll(left, TimeUnit.NANOSECONDS) : null;
    if (message == null) {
      throw new VmStartException("QEMU did not " + what + " within " + deadline.toMillis() + " ms");
    }
    return switch (message) {
      case Message.Failure(String description) ->
          throw new VmStartException("QEMU refused to " + what + ": " + description);
      case Message.End(String why) -> {
        keep(message);
        throw new VmStartException("QEMU ended while it should " + what + " (" + why + ")");
      }
      default -> message;
    };
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // A socket that can't be closed is no use to anybody either.
    }
  }
}
