package io.ironclaw.vm.qemu;

import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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

  /** How it opens a file that its guest's memory is to be a private copy of. */
  QemuArguments.Opening opening() {
    var numbers = version.split("\\.", 3);
    int major = Integer.parseInt(numbers[0]);
    int minor = numbers.length > 1 ? Integer.parseInt(numbers[1]) : 0;
    return major > 8 || major == 8 && minor >= 2
        ? QemuArguments.Opening.AS_ASKED
        : QemuArguments.Opening.FOR_WRITING;
  }

  private static Path check(Path wanted) throws HypervisorMissingException {
    if (!HostTool.isProgram(wanted)) {
      throw new HypervisorMissingException("no QEMU: " + wanted + " is no program" + FIX);
    }
    return wanted.toAbsolutePath();
  }

  private static Path search(String searchPath) throws HypervisorMissingException {
    return HostTool.find(NAME, searchPath)
        .orElseThrow(
            () -> new HypervisorMissingException("no QEMU: " + NAME + " is not on PATH" + FIX));
  }

  private static String ask(Path path, Duration patience)
      throws IOException, HypervisorMissingException {
    var asked = new HostTool(List.of(path.toString(), "--version"), Path.of("/"), patience);
    try {
      return version(path, new String(asked.output(MAX_OUTPUT), StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorMissingException("interrupted while asking " + path + " its version", e);
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
