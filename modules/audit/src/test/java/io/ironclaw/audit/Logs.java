package io.ironclaw.audit;

import io.ironclaw.api.AuditKind;
import io.ironclaw.api.Event;
import io.ironclaw.api.VmId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Logs for tests. */
final class Logs {
  static final VmId VM = new VmId("vm-x");

  private Logs() {}

  static AuditSettings settings(Path folder) {
    return AuditSettings.of(folder.resolve("log"), folder.resolve("key"));
  }

  static AuditSettings small(Path folder, long segment, long most) {
    return new AuditSettings(
        folder.resolve("log"),
        folder.resolve("key"),
        AuditSettings.Fsync.NONE,
        AuditSettings.WhenFull.GO_ON,
        segment,
        most,
        List.of());
  }

  static Encoded entry(String what) {
    return Encoded.of(Data.of(VM).text("what", what).entry(AuditKind.VM_DIED, Instant.now()));
  }

  static Event event(String what) {
    return new Event.VmDied(VM, what);
  }

  /** Adds entries one by one, each written by itself; the last is signed. */
  static void write(AuditSettings settings, int entries) throws Exception {
    try (var log = new Log(settings, Clock.systemUTC())) {
      for (int i = 0; i < entries; i++) {
        log.append(
            List.of(entry("entry " + i)), i == entries - 1 ? Optional.of("end") : Optional.empty());
      }
    }
  }

  static Verification verify(AuditSettings settings) throws Exception {
    return Verifier.verify(settings, List.of(), List.of());
  }

  static List<Path> files(AuditSettings settings) throws IOException {
    var segments = new Segments(settings.folder());
    return segments.numbers().stream().map(segments::path).toList();
  }

  static List<LoggedEntry> entries(AuditSettings settings) throws IOException {
    var entries = new ArrayList<LoggedEntry>();
    for (var file : files(settings)) {
      for (var line : Files.readAllLines(file)) {
        entries.add(
            LineReader.read(line.getBytes(java.nio.charset.StandardCharsets.UTF_8)).orElseThrow());
      }
    }
    return entries;
  }
}
