package io.ironclaw.cli.doctor;

import io.ironclaw.api.HostException;
import io.ironclaw.audit.AuditReader;
import io.ironclaw.audit.AuditSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Whether what happens is kept, and whether the key that signs it is nobody else's. */
final class AuditCheck implements Check {
  private static final String AUDIT = "audit";
  private static final String KEY = "audit key";

  @Override
  public List<Finding> examine(HostView host) {
    var settings = host.settings().audit();
    return settings.isPresent()
        ? examine(settings.get())
        : List.of(
            Finding.warning(AUDIT, "off", "what happens is not kept", "unset IRONCLAW_AUDIT"));
  }

  private static List<Finding> examine(AuditSettings settings) {
    var findings = new ArrayList<Finding>();
    findings.add(folder(settings));
    findings.add(key(settings));
    return findings;
  }

  private static Finding folder(AuditSettings settings) {
    var found =
        FoldersCheck.writable(
            AUDIT, settings.folder(), true, "set IRONCLAW_AUDIT to a folder of yours");
    if (found.level() != Finding.Level.OK) {
      return settings.whenFull() == AuditSettings.WhenFull.STOP
          ? found
          : found.dispensable("VMs run, and what happens is not kept");
    }
    try {
      var size = new AuditReader(settings.folder()).size();
      return Finding.ok(
          AUDIT,
          "%s (%d files, %d of %d MiB)"
              .formatted(
                  settings.folder(), size.files(), size.bytes() >> 20, settings.mostBytes() >> 20));
    } catch (HostException e) {
      return Finding.warning(AUDIT, String.valueOf(e.getMessage()), "it can't be shown");
    }
  }

  private static Finding key(AuditSettings settings) {
    Path key = settings.keyFolder().resolve("audit-key.pem");
    var folder =
        FoldersCheck.writable(
            KEY, settings.keyFolder(), true, "set IRONCLAW_AUDIT_KEY to a folder of yours");
    if (folder.level() != Finding.Level.OK || !Files.exists(key, LinkOption.NOFOLLOW_LINKS)) {
      return folder.dispensable("VMs run, and what happens is not signed, so not kept");
    }
    try {
      String mode =
          PosixFilePermissions.toString(
              Files.getPosixFilePermissions(key, LinkOption.NOFOLLOW_LINKS));
      return mode.endsWith("------")
          ? Finding.ok(KEY, key + " (" + mode + ")")
          : Finding.warning(
              KEY,
              key + " (" + mode + ")",
              "others could sign in its place; it is not used",
              "chmod 600 " + key);
    } catch (IOException e) {
      return Finding.warning(KEY, key + ": " + e.getMessage(), "it can't be read");
    }
  }
}
