package io.ironclaw.jail;

import io.ironclaw.host.HostTool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A process that its seccomp filter has killed, as far as the kernel tells.
 *
 * @param record of its last call; empty if the kernel tells none
 */
record SeccompDeath(Optional<SeccompRecord> record) {
  /** How bubblewrap reports SIGSYS, signal 31. */
  static final int STATUS = 128 + 31;

  private static final int SIGSYS = 31;
  private static final int MOST_OUTPUT = 2 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Looks into the kernel's log, which root alone may read. */
  static SeccompDeath of(Optional<Long> pid, OptionalLong uid) {
    try {
      var dmesg = new HostTool(List.of("dmesg"), Path.of("/"), PATIENCE);
      return in(new String(dmesg.output(MOST_OUTPUT), StandardCharsets.UTF_8), pid, uid);
    } catch (IOException _) {
      // It may not be read: then there is the signal only.
      return new SeccompDeath(Optional.empty());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new SeccompDeath(Optional.empty());
    }
  }

  /** The newest record of a process: by its id if that is known, else by the user that it was. */
  static SeccompDeath in(String log, Optional<Long> pid, OptionalLong uid) {
    var newest = Optional.<SeccompRecord>empty();
    for (var line : log.split("\n", -1)) {
      var found = SeccompRecord.of(line).filter(r -> r.signal() == SIGSYS && isOf(r, pid, uid));
      newest = found.isPresent() ? found : newest;
    }
    return new SeccompDeath(newest);
  }

  private static boolean isOf(SeccompRecord record, Optional<Long> pid, OptionalLong uid) {
    return pid.isPresent()
        ? record.pid() == pid.get()
        : uid.isPresent() && record.uid() == uid.getAsLong();
  }

  /** In words. */
  String text() {
    String killed = "was killed by its seccomp filter";
    return record
        .map(r -> "%s: syscall %s, thread %s".formatted(killed, r.callText(), r.thread()))
        .orElse(killed + " (signal 31; which system call it was, the kernel tells root only)");
  }
}
