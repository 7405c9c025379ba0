package io.ironclaw.sandbox;

import io.ironclaw.api.Event;
import io.ironclaw.api.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Who uses IronClaw in this process, as far as the kernel tells. */
final class Requester {
  private Requester() {}

  static Event.ProcessBegan of(String how) {
    return new Event.ProcessBegan(how, uid(), parent());
  }

  /** That of this process; -1 if it can't be read. */
  private static long uid() {
    try {
      return ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
    } catch (IOException _) {
      // Without /proc nothing of this works, and the reason is told elsewhere.
      return -1;
    }
  }

  private static String parent() {
    var parent = ProcessHandle.current().parent();
    if (parent.isEmpty()) {
      return "a process outside of this container";
    }
    long pid = parent.get().pid();
    try {
      // The name alone: its arguments may hold secrets.
      var name = Files.readString(Path.of("/proc", Long.toString(pid), "comm")).strip();
      return "%s (%d)".formatted(Printable.line(name), pid);
    } catch (IOException _) {
      // It has ended.
      return "(%d)".formatted(pid);
    }
  }
}
