package io.ironclaw.vm.qemu;

import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * The QEMU program on this host.
 *
 * @param path the program
 * @param version e.g. {@code 7.2.22}
 * @param stamp size and time of the program file: a package update changes it
 */
public record QemuProgram(Path path, String version, String stamp) {
  private static final String NAME = "qemu-system-x86_64";
  private static final int MAX_OUTPUT = 4_096;
  private static final int SHOWN = 80;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Pattern VERSION =
      Pattern.compile("QEMU emulator version ([0-9][0-9.]{0,30})");
  private static final String FIX =
      "; install it (Debian, Ubuntu: apt-get install qemu-system-x86) or set IRONCLAW_QEMU";

  /**
   * Finds QEMU. Asking it for its version costs tens of milliseconds, so the answer is kept in
   * {@code cacheDir} until the program file changes.
   *
   * @param wanted a program to use; empty = the one on {@code searchPath}
   */
  public static QemuProgram find(Optional<Path> wanted, String searchPath, Path cacheDir)
      throws HypervisorMissingException {
    return find(wanted, searchPath, cacheDir, PATIENCE);
  }

  static QemuProgram find(
      Optional<Path> wanted, String searchPath, Path cacheDir, Duration patience)
      throws HypervisorMissingException {
    Path path = wanted.isPresent() ? check(wanted.get()) : search(searchPath);
    try {
      String stamp = Files.size(path) + "-" + Files.getLastModifiedTime(path).toMillis();
      Path note = cacheDir.resolve("qemu-version");
      String known = path + " " + stamp + " ";
      if (Files.exists(note)) {
        String text = Files.readString(note);
        if (text.startsWith(known)) {
          return new QemuProgram(path, text.substring(known.length()).strip(), stamp);
        }
      }
      String version = ask(path, patience);
      Files.createDirectories(cacheDir);
      Files.writeString(note, known + version);
      return new QemuProgram(path, version, stamp);
    } catch (IOException e) {
      throw new HypervisorMissingException(
          path + " can't be used: " + PrivateDir.reason(e) + FIX, e);
    }
  }

  private static Path check(Path wanted) throws HypervisorMissingException {
    if (!isProgram(wanted)) {
      throw new HypervisorMissingException("no QEMU: " + wanted + " is no program" + FIX);
    }
    return wanted.toAbsolutePath();
  }

  private static boolean isProgram(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  private static Path search(String searchPath) throws HypervisorMissingException {
    for (var dir : searchPath.split(":", -1)) {
      Path program = Path.of(dir.isEmpty() ? "." : dir, NAME);
      if (!dir.isEmpty() && isProgram(program)) {
        return program.toAbsolutePath();
      }
    }
    throw new HypervisorMissingException("no QEMU: " + NAME + " is not on PATH" + FIX);
  }

  private static String ask(Path path, Duration patience)
      throws IOException, HypervisorMissingException {
    var process =
        new ProcessBuilder(path.toString(), "--version")
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    var output = new FutureTask<>(() -> process.getInputStream().readNBytes(MAX_OUTPUT));
    Thread.ofVirtual().name("qemu-version").start(output);
    try {
      var bytes = output.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return version(path, new String(bytes, StandardCharsets.UTF_8));
    } catch (TimeoutException e) {
      throw new HypervisorMissingException(path + " --version does not end" + FIX, e);
    } catch (ExecutionException e) {
      throw new IOException("its output can't be read: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorMissingException("interrupted while asking " + path + " its version", e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String version(Path path, String text) throws HypervisorMissingException {
    var found = VERSION.matcher(text);
    if (!found.find()) {
      String line = text.strip().lines().findFirst().orElse("");
      String shown = line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
      throw new HypervisorMissingException(
          path + " is no QEMU: it says \"" + Printable.of(shown) + '"' + FIX);
    }
    return found.group(1);
  }
}
