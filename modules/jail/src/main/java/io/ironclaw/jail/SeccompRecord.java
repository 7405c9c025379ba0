package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.host.ffi.SeccompLibrary;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the kernel has noted of a system call that a filter does not allow (audit record 1326,
 * linux/audit.h, AUDIT_SECCOMP).
 *
 * @param at by the kernel's clock
 * @param uid of the process
 * @param pid of the process, as the host sees it
 * @param thread the name of the thread; harmless text
 * @param signal that it got; 31 if it was killed, 0 if nothing was done
 * @param call the system call's number
 * @param code what the filter said (linux/seccomp.h)
 */
public record SeccompRecord(
    Instant at, long uid, long pid, String thread, int signal, int call, long code) {
  private static final Pattern RECORD =
      Pattern.compile(
          "(?:type=1326 )?audit\\((\\d{1,12})\\.(\\d{3}):\\d+\\): .*?\\buid=(\\d{1,10})\\b.*?"
              + " pid=(\\d{1,10}) comm=(\"[^\"]*\"|\\S+) .*?\\bsig=(\\d{1,3})\\b.*?"
              + " syscall=(\\d{1,9}) .*?\\bcode=0x([0-9a-f]{1,8})\\b");

  private static final long ACTION = 0xffff0000L;

  /** That of a line of the kernel's log; empty if it has none. */
  public static Optional<SeccompRecord> of(String line) {
    if (!line.contains("type=1326")) {
      return Optional.empty();
    }
    var found = RECORD.matcher(line);
    if (!found.find()) {
      return Optional.empty();
    }
    return Optional.of(
        new SeccompRecord(
            Instant.ofEpochSecond(
                Long.parseLong(found.group(1)), Long.parseLong(found.group(2)) * 1_000_000),
            Long.parseLong(found.group(3)),
            Long.parseLong(found.group(4)),
            name(found.group(5)),
            Integer.parseInt(found.group(6)),
            Integer.parseInt(found.group(7)),
            Long.parseLong(found.group(8), 16)));
  }

  /** In quotes, or in hexadecimal where it has a space or a quote in it. */
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

  /** The system call's name, with its number. */
  public String callText() {
    return nameOf(call).orElse("unknown") + " (" + call + ")";
  }

  private static Optional<String> nameOf(int number) {
    try (var library = SeccompLibrary.open()) {
      return library.name(number);
    } catch (HostException _) {
      // Without the library there is the number.
      return Optional.empty();
    }
  }

  /** What the kernel did, in words. */
  public String action() {
    return switch ((int) ((code & ACTION) >>> 16)) {
      case 0x8000 -> "the process was killed";
      case 0x0000 -> "the thread was killed";
      case 0x0003 -> "the thread got SIGSYS";
      case 0x0005 -> "it failed with error " + (code & ~ACTION & 0xffffffffL);
      case 0x7ffc -> "it was noted and done";
      default -> "action 0x%08x".formatted(code);
    };
  }
}
