package io.ironclaw.image;

import io.ironclaw.api.ImageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One run of a command of the host. Its output is bounded, its time is bounded, and its errors are
 * kept for the message.
 */
final class HostTool {
  private static final int MAX_LINES = 10_000;
  private static final int MAX_LINE = 8_192;
  private static final int ERROR_LINES = 3;
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  private final List<String> command;
  private final String debianPackage;
  private final Duration timeout;

  /** Feeds a command's stdin; it may fail with what went wrong while reading its own source. */
  @FunctionalInterface
  interface Feed {
    void writeTo(OutputStream stdin) throws IOException, ImageException;
  }

  HostTool(List<String> command, String debianPackage, Duration timeout) {
    this.command = List.copyOf(command);
    this.debianPackage = debianPackage;
    this.timeout = timeout;
  }

  private String name() {
    return command.getFirst();
  }

  /** The lines of stdout. */
  List<String> lines(Path directory) throws ImageException {
    var lines = new ArrayList<String>();
    run(directory, OutputStream::close, lines::add);
    return lines;
  }

  /** Runs the command; {@code onLine} gets each line of stdout as it comes. */
  void run(Path directory, Feed feed, Consumer<String> onLine) throws ImageException {
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().put("LC_ALL", "C");
    builder.environment().remove("SOURCE_DATE_EPOCH"); // sqfstar refuses it next to its options
    builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      if (name().indexOf('/') < 0 && !isOnPath(name())) {
        throw new ImageException.MissingTool(name(), debianPackage);
      }
      throw new ImageException.ToolFailed(name(), String.valueOf(e.getMessage()));
    }
    var errors = new ArrayList<String>();
    var expired = new AtomicBoolean();
    var deadline =
        Thread.ofVirtual().name(name() + " deadline").unstarted(() -> expire(process, expired));
    var out = Thread.ofVirtual().name(name() + " stdout").unstarted(() -> read(process, onLine));
    var err =
        Thread.ofVirtual()
            .name(name() + " stderr")
            .unstarted(() -> forEachLine(process.getErrorStream(), line -> keep(errors, line)));
    try {
      deadline.start();
      out.start();
      err.start();
      var broken = feed(process, feed);
      int status = process.waitFor();
      // What it started may hold its pipes open; nobody waits for that.
      out.join(LAST_WORDS);
      err.join(LAST_WORDS);
      if (status != 0 || !broken.isEmpty()) {
        var why = errors.isEmpty() ? broken : String.join("; ", errors);
        throw new ImageException.ToolFailed(
            name(), (expired.get() ? "time limit, " : "") + "status " + status + ": " + why);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ImageException.ToolFailed(name(), "interrupted");
    } finally {
      kill(process);
      deadline.interrupt();
    }
  }

  /** With all that it has started and that can still be seen. */
  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Writes stdin; a pipe that the command closed early is told by the text that is returned. */
  private static String feed(Process process, Feed feed) throws ImageException {
    try (OutputStream stdin = process.getOutputStream()) {
      feed.writeTo(stdin);
      return "";
    } catch (IOException e) {
      return "could not write its input: " + e.getMessage();
    }
  }

  private void expire(Process process, AtomicBoolean expired) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        expired.set(true);
        kill(process);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void read(Process process, Consumer<String> onLine) {
    forEachLine(process.getInputStream(), onLine);
  }

  private static void forEachLine(InputStream in, Consumer<String> onLine) {
    try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
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
    } catch (IOException e) {
      // The process was killed: its status says so.
    }
  }

  private static void keep(List<String> errors, String line) {
    if (line.isBlank() || line.startsWith("W:")) {
      return;
    }
    if (errors.size() < ERROR_LINES) {
      errors.add(line.strip());
    }
  }

  /** Fails early if a command that is needed later is not there. */
  static void require(String command, String debianPackage) throws ImageException {
    if (!isOnPath(command)) {
      throw new ImageException.MissingTool(command, debianPackage);
    }
  }

  private static boolean isOnPath(String name) {
    var path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    for (String directory : path.split(":", -1)) {
      if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, name))) {
        return true;
      }
    }
    return false;
  }
}
