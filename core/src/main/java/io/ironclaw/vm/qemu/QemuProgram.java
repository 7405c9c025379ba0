package io.ironclaw.vm.qemu;

import io.ironclaw.host.PrivateDir;
import io.ironclaw.vm.HypervisorMissingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

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
      String version = ask(path);
      Files.createDirectories(cacheDir);
      Files.writeString(note, known + version);
      return new QemuProgram(path, version, stamp);
    } catch (IOException e) {
      throw new HypervisorMissingException(
          path + " can't be used: " + PrivateDir.reason(e) + FIX, e);
    }
  }

  private static Path check(Path wanted) throws HypervisorMissingException {
    if (!Files.isExecutable(wanted) || Files.isDirectory(wanted)) {
      throw new HypervisorMissingException("no QEMU: " + wanted + " is no program" + FIX);
    }
    return wanted.toAbsolutePath();
  }

  private static Path search(String searchPath) throws HypervisorMissingException {
    for (var dir : searchPath.split(":", -1)) {
      Path program = Path.of(dir.isEmpty() ? "." : dir, NAME);
      if (!dir.isEmpty() && Files.isExecutable(program)) {
        return program.toAbsolutePath();
      }
    }
    throw new HypervisorMissingException("no QEMU: " + NAME + " is not on PATH" + FIX);
  }

  private static String ask(Path path) throws IOException, HypervisorMissingException {
    var process =
        new ProcessBuilder(path.toString(), "--version")
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    try {
      // What it says fits into the pipe: nothing needs to be read for it to end.
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new HypervisorMissingException(path + " --version does not end" + FIX);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new HypervisorMissingException("interrupted while asking " + path + " its version", e);
    }
    String text;
    try (var out = process.getInputStream()) {
      text = new String(out.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8);
    }
    String marker = "QEMU emulator version ";
    int at = text.indexOf(marker);
    if (at < 0) {
      throw new HypervisorMissingException(
          path
              + " is no QEMU: it says \""
              + text.strip().lines().findFirst().orElse("")
              + '"'
              + FIX);
    }
    var version = new StringBuilder();
    for (int i = at + marker.length(); i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(Character.isDigit(c) || c == '.')) {
        break;
      }
      version.append(c);
    }
    return version.toString();
  }
}
