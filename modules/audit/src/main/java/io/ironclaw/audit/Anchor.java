package io.ironclaw.audit;

import io.ironclaw.host.HostTool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/** A place besides the log that checkpoints go to, so that who rewrites the log is found. */
public sealed interface Anchor {
  /** Takes a checkpoint: the line, with its end. */
  void take(byte[] checkpoint) throws IOException, InterruptedException;

  /** A file that they are added to; on another disk or host, best on one that only adds. */
  record InFile(Path file) implements Anchor {
    @Override
    public void take(byte[] checkpoint) throws IOException {
      try (var out =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.APPEND)) {
        var bytes = ByteBuffer.wrap(checkpoint);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        out.force(true);
      }
    }

    @Override
    public String toString() {
      return "file:" + file;
    }
  }

  /** The system's log, by {@code logger}. */
  record Syslog() implements Anchor {
    @Override
    public void take(byte[] checkpoint) throws IOException, InterruptedException {
      new Command(List.of("logger", "-t", "ironclaw-audit", "-p", "auth.notice")).take(checkpoint);
    }

    @Override
    public String toString() {
      return "syslog";
    }
  }

  /** A program, such as one that has it timestamped, that gets the line on stdin. */
  record Command(List<String> argv) implements Anchor {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MOST_OUTPUT = 64 << 10;

    public Command {
      argv = List.copyOf(argv);
      if (argv.isEmpty() || argv.getFirst().isEmpty()) {
        throw new IllegalArgumentException("an anchor's command has no program");
      }
    }

    @Override
    public void take(byte[] checkpoint) throws IOException, InterruptedException {
      byte[] _ =
          new HostTool(argv, Path.of("/"), LIMIT)
              .<IOException>output(
                  stdin -> {
                    stdin.write(checkpoint);
                    stdin.close();
                  },
                  MOST_OUTPUT);
    }

    @Override
    public String toString() {
      return "command:" + String.join(" ", argv);
    }
  }

  /**
   * Of text: {@code file:/PATH}, {@code syslog}, or {@code command:PROGRAM ARGUMENT ...}, at
   * spaces.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  static Anchor parse(String text) {
    if (text.startsWith("file:/")) {
      return new InFile(Path.of(text.substring("file:".length())));
    }
    if (text.equals("syslog")) {
      return new Syslog();
    }
    if (text.startsWith("command:/")) {
      return new Command(List.of(text.substring("command:".length()).strip().split(" +")));
    }
    throw new IllegalArgumentException(
        "anchor \""
            + text
            + "\": use file:/PATH, syslog, or command:/PROGRAM ARGUMENT; for stdout there is"
            + " ironclaw audit checkpoint");
  }
}
