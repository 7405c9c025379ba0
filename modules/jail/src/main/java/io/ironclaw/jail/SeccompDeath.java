package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.ffi.SeccompLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A process that its seccomp filter has killed, as far as the kernel tells (audit record 1326).
 *
 * @param call the system call's number
 * @param thread the name of the thread that made it
 */
record SeccompDeath(OptionalInt call, String thread) {
  /** How bubblewrap reports SIGSYS, signal 31. */
  static final int STATUS = 128 + 31;

  private static final int MOST_OUTPUT = 2 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Pattern RECORD =
      Pattern.compile(
          "type=1326 .* uid=(\\d+) .* pid=(\\d+) comm=(\\S+|\"[^\"]*\") .* sig=31 .* syscall=(\\d+)"
              + " ");

  /** Looks into the kernel's log, which root alone may read. */
  static SeccompDeath of(Optional<Long> pid, OptionalLong uid) {
    try {
      var dmesg = new HostTool(List.of("dmesg"), Path.of("/"), PATIENCE);
      return in(new String(dmesg.output(MOST_OUTPUT), StandardCharsets.UTF_8), pid, uid);
    } catch (IOException _) {
      // It may not be read: then there is the signal only.
      return new SeccompDeath(OptionalInt.empty(), "");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new SeccompDeath(OptionalInt.empty(), "");
    }
  }

  /** The newest record of a process: by its id if that is known, else by the user that it was. */
  static SeccompDeath in(String log, Optional<Long> pid, OptionalLong uid) {
    var death = new SeccompDeath(OptionalInt.empty(), "");
    for (var line : log.split("\n", -1)) {
      var found = RECORD.matcher(line);
      if (found.find() && isOf(found.group(1), found.group(2), pid, uid)) {
        death =
            new SeccompDeath(
                OptionalInt.of(Integer.parseInt(found.group(4))), name(found.group(3)));
      }
    }
    return death;
  }

  private static boolean isOf(
      String recordUid, String recordPid, Optional<Long> pid, OptionalLong uid) {
    return pid.isPresent()
        ? recordPid.equals(pid.get().toString())
        : uid.isPresent() && recordUid.equals(Long.toString(uid.getAsLong()));
  }

  /** In quotes, or in hexadecimal where it has a space in it. */
  private static String name(String written) {
    if (written.startsWith("\"")) {
      return Printable.of(written.substring(1, written.length() - 1));
    }
    try {
      return Printable.of(
          new String(HexFormat.of().parseHex(written), StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException _) {
      return Printable.of(written);
    }
  }

  /** In words. */
  String text() {
    String killed = "was killed by its seccomp filter";
    if (call.isEmpty()) {
      return killed + " (signal 31; which system call it was, the kernel tells root only)";
    }
    int number = call.getAsInt();
    return "%s: syscall %s (%d), thread %s"
        .formatted(killed, nameOf(number).orElse("unknown"), number, thread);
  }

  private static Optional<String> nameOf(int number) {
    try (var library = SeccompLibrary.open()) {
      return library.name(number);
    } catch (HostException _) {
      // Without the library there is the number.
      return Optional.empty();
    }
  }
}
