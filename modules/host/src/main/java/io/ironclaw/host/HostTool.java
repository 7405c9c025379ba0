package io.ironclaw.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A program of the host that is run for what it prints: bounded in time, bounded in output, in a C
 * locale; when a run ends, the program and all that it has started and that can still be seen are
 * dead. Safe for many threads.
 *
 * @param directory where it runs
 * @param limit of the whole run
 */
public record HostTool(List<String> command, Path directory, Duration limit) {
  private static final int MOST_ERRORS = 8_192;

  /** What is left in the pipes of a program that has ended; something else may hold them open. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  private static final Map<String, String> ENVIRONMENT =
      Map.of("LC_ALL", "C", "DEBIAN_FRONTEND", "noninteractive");

  /** Writes a program's stdin, and closes it or not. */
  @FunctionalInterface
  public interface Feed<X extends Exception> {
    void writeTo(OutputStream stdin) throws IOException, X;
  }

  /** Reads a program's stdout, to its end or as far as it likes: the rest is not waited for. */
  @FunctionalInterface
  public interface Sink {
    void readFrom(InputStream stdout) throws IOException;
  }

  /**
   * How a run ended.
   *
   * @param late whether it was killed at its limit, or something holds its output open
   * @param unfed what went wrong with its stdin; empty if nothing did
   * @param errors the begin of its stderr, unless it is late
   */
  public record End(int status, boolean late, String unfed, String errors) {
    public boolean isGood() {
      return status == 0 && !late && unfed.isEmpty();
    }
  }

  public HostTool {
    command = List.copyOf(command);
  }

  /** The program of a name on a search path. */
  public static Optional<Path> find(String name, String searchPath) {
    for (var folder : searchPath.split(":", -1)) {
      Path program = Path.of(folder, name);
      if (!folder.isEmpty() && isProgram(program)) {
        return Optional.of(program.toAbsolutePath());
      }
    }
    return Optional.empty();
  }

  public static boolean isProgram(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  /** Whether another program interprets it (execve(2)). */
  public static boolean isScript(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.read() == '#' && in.read() == '!';
    }
  }

  /**
   * Runs it without input, for at most so many bytes of its output; more are not waited for.
   *
   * @throws IOException if it can't be started, fails, or takes too long
   */
  public byte[] output(int most) throws IOException, InterruptedException {
    return output(OutputStream::close, most);
  }

  /** The same with an input. */
  public <X extends Exception> byte[] output(Feed<X> feed, int most)
      throws IOException, X, InterruptedException {
    var bytes = new ByteArrayOutputStream();
    var cut = new boolean[1];
    var end =
        run(
            feed,
            stdout -> {
              bytes.writeBytes(stdout.readNBytes(most));
              cut[0] = stdout.read() >= 0;
            });
    if (end.late()) {
      throw new IOException(
          String.join(" ", command) + " does not end within " + limit.toSeconds() + " s");
    }
    if (!end.isGood() && !cut[0]) {
      throw new IOException("status " + end.status() + ": " + end.unfed() + end.errors());
    }
    return bytes.toByteArray();
  }

  /**
   * Runs it. The feed is called by this thread, the sink by another one.
   *
   * @throws IOException if it can't be started, or of the sink
   * @throws X of the feed; the program is killed
   */
  public <X extends Exception> End run(Feed<X> feed, Sink sink)
      throws IOException, X, InterruptedException {
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(ENVIRONMENT);
    builder.environment().remove("SOURCE_DATE_EPOCH"); // sqfstar refuses it next to its options
    var process = builder.start();
    var expired = start("limit", () -> expire(process));
    var out = start("stdout", () -> read(process.getInputStream(), sink));
    var errors = start("stderr", () -> errors(process.getErrorStream()));
    try {
      String unfed = feed(process, feed);
      int status = process.waitFor();
      if (get(out).isEmpty() || get(expired).orElse(true)) {
        return new End(status, true, unfed, "");
      }
      return new End(status, false, unfed, get(errors).orElse(""));
    } finally {
      kill(process.toHandle());
      expired.cancel(true);
    }
  }

  private static <T> FutureTask<T> start(String name, Callable<T> what) {
    var task = new FutureTask<>(what);
    Thread.ofVirtual().name("tool-" + name).start(task);
    return task;
  }

  /** Empty if it goes on although the program has ended. */
  private static <T> Optional<T> get(FutureTask<T> task) throws IOException, InterruptedException {
    try {
      return Optional.of(task.get(LAST_WORDS.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException _) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
  }

  private boolean expire(Process process) throws InterruptedException {
    boolean expired = !process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
    if (expired) {
      kill(process.toHandle());
    }
    return expired;
  }

  private static boolean read(InputStream stdout, Sink sink) throws IOException {
    try (stdout) {
      sink.readFrom(stdout);
      return true;
    }
  }

  private static String errors(InputStream stderr) throws IOException {
    try (stderr) {
      String begin = new String(stderr.readNBytes(MOST_ERRORS), StandardCharsets.UTF_8);
      stderr.transferTo(OutputStream.nullOutputStream());
      return begin;
    }
  }

  /** Writes stdin; a pipe that the program closed early is told by the text that is returned. */
  private static <X extends Exception> String feed(Process process, Feed<X> feed) throws X {
    try (var stdin = process.getOutputStream()) {
      feed.writeTo(stdin);
      return "";
    } catch (IOException e) {
      return "could not write its input: " + e.getMessage();
    }
  }

  /** With all that it has started and that can still be seen; what it printed can still be read. */
  private static void kill(ProcessHandle process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
