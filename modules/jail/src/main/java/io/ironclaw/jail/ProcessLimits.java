package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the kernel allows a process (getrlimit(2)), soft and hard alike.
 *
 * @param openFiles descriptors, 64 to 65,536
 * @param coreBytes of a core dump: 0 = none is written, as it would hold the guest's memory
 * @param fileBytes the largest file that it may write, a multiple of 512
 * @param dataBytes its memory that is written to and its own, a multiple of 1,024
 */
public record ProcessLimits(long openFiles, long coreBytes, long fileBytes, long dataBytes) {
  private static final int BLOCK = 512;
  private static final int KIB = 1_024;

  public ProcessLimits {
    if (openFiles < 64 || openFiles > 65_536 || coreBytes < 0 || fileBytes < 0 || dataBytes < 0) {
      throw new IllegalArgumentException(
          "limits of %d files, %d bytes of core dump, %d of a file, %d of data"
              .formatted(openFiles, coreBytes, fileBytes, dataBytes));
    }
  }

  /** As the shell's ulimit takes them: -n, -c, -f, -d (POSIX, ulimit). */
  List<String> arguments() {
    return List.of(
        "" + openFiles, "" + coreBytes / BLOCK, "" + fileBytes / BLOCK, "" + dataBytes / KIB);
  }

  /** What is in force for a process, as the kernel says it (proc(5), limits). */
  public static ProcessLimits inForce(long pid) throws HostException {
    Path file = Path.of("/proc", Long.toString(pid), "limits");
    try {
      var lines = Files.readAllLines(file);
      return new ProcessLimits(
          hard(lines, "Max open files"),
          hard(lines, "Max core file size"),
          hard(lines, "Max file size"),
          hard(lines, "Max data size"));
    } catch (IOException | IllegalArgumentException e) {
      throw new HostException("can't read the limits of the hypervisor in " + file + ": " + e, e);
    }
  }

  /** What it means that these are in force, when others should be. */
  Reading compared(ProcessLimits planned) {
    // By hand: what a record generates takes milliseconds of each VM's start.
    return openFiles == planned.openFiles
            && coreBytes == planned.coreBytes
            && fileBytes == planned.fileBytes
            && dataBytes == planned.dataBytes
        ? Reading.proven(ProofItem.PROCESS_LIMITS, this::toString)
        : Reading.failed(ProofItem.PROCESS_LIMITS, this + ", not " + planned);
  }

  private static long hard(List<String> lines, String name) throws IOException {
    var line =
        lines.stream()
            .filter(l -> l.startsWith(name))
            .findFirst()
            .orElseThrow(() -> new IOException("no line " + name));
    String hard = line.substring(name.length()).strip().split(" +", 3)[1];
    return hard.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(hard);
  }
}
