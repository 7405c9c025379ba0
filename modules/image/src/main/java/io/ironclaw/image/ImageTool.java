package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import io.ironclaw.host.HostTool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A command that the build of an image runs: {@link HostTool}, with errors that name the package to
 * install.
 */
record ImageTool(String debianPackage, Duration limit, List<String> command) {
  private static final int MAX_LINES = 10_000;
  private static final int MAX_LINE = 8_192;
  private static final int ERROR_LINES = 3;

  ImageTool {
    command = List.copyOf(command);
  }

  /** The lines of stdout. */
  List<String> lines(Path directory) throws ImageException {
    var lines = new ArrayList<String>();
    run(directory, lines::add);
    return lines;
  }

  /** Runs the command; {@code onLine} gets each line of stdout as it comes. */
  void run(Path directory, Consumer<String> onLine) throws ImageException {
    run(directory, OutputStream::close, stdout -> forEachLine(stdout, onLine));
  }

  void run(Path directory, HostTool.Feed<ImageException> feed, HostTool.Sink sink)
      throws ImageException {
    require();
    try {
      var end = new HostTool(command, directory, limit).run(feed, sink);
      if (!end.isGood()) {
        throw failed((end.late() ? "time limit, " : "") + "status " + end.status() + why(end));
      }
    } catch (IOException e) {
      throw failed(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed("interrupted");
    }
  }

  /** Fails early if a command that is needed later is not there. */
  void require() throws ImageException {
    String name = command.getFirst();
    if (HostTool.find(name, System.getenv().getOrDefault("PATH", "/usr/bin:/bin")).isEmpty()) {
      throw new ImageException.MissingTool(name, debianPackage);
    }
  }

  private ImageException failed(String why) {
    return new ImageException.ToolFailed(command.getFirst(), why);
  }

  private static String why(HostTool.End end) {
    var errors =
        end.errors()
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("W:"))
            .map(String::strip)
            .limit(ERROR_LINES)
            .toList();
    return ": " + (errors.isEmpty() ? end.unfed() : String.join("; ", errors));
  }

  private static void forEachLine(InputStream in, Consumer<String> onLine) throws IOException {
    var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    var line = new StringBuilder();
    int lines = 0;
    for (int c = reader.read(); c >= 0; c = reader.read()) {
      if (c == '\n') {
        if (lines++ < MAX_LINES) {
          onLine.accept(line.toString());
        }
        line.setLength(0);
      } else if (line.length() < MAX_LINE) {
        line.append((char) c);
      }
    }
    if (!line.isEmpty() && lines < MAX_LINES) {
      onLine.accept(line.toString());
    }
  }
}
