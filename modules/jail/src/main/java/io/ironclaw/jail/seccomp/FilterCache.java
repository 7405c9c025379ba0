package io.ironclaw.jail.seccomp;

import io.ironclaw.api.HostException;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.Manifest;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Sha256;
import io.ironclaw.host.ffi.SeccompLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compiled filters in files, by the digest of what they were made of: so a start need not load the
 * library. Beside each is the digest of the filter itself; one that does not have it is made again.
 *
 * @param folder private; made if need be
 */
public record FilterCache(Path folder) {
  private static final String FILTER = "filter.sha256";

  /** How a policy is used. */
  public enum Use {
    ENFORCE,
    /** What it would kill for passes, noted by the kernel. */
    LEARN,
    /** What it would let fail with EPERM is answered by whoever listens, who counts. */
    COUNT
  }

  /**
   * A filter.
   *
   * @param json of a profile
   */
  public record Wanted(String json, Use use) {}

  /** Makes what a file is to have. */
  @FunctionalInterface
  private interface Compiler {
    byte[] bytes() throws IOException, HostException;
  }

  /** The filter's file, of a profile with one policy: as the kernel takes it. */
  public Path of(Wanted wanted) throws HostException {
    return made("", wanted, () -> compile(wanted));
  }

  /** The filters' file, of a profile with threads: as Firecracker takes it. */
  public Path of(Wanted wanted, ThreadFilters.Form form) throws HostException {
    return made(form.name(), wanted, () -> ThreadFilters.write(compileEach(wanted), form));
  }

  private Path made(String form, Wanted wanted, Compiler compiler) throws HostException {
    String key =
        Sha256.hex(
            (System.getProperty("os.arch") + form + wanted.use() + wanted.json())
                .getBytes(StandardCharsets.UTF_8));
    Path dir = PrivateDir.ensure(folder);
    Path filter = dir.resolve(key + ".bpf");
    Path manifest = dir.resolve(key);
    try {
      if (!isWhole(filter, manifest)) {
        byte[] made = compiler.bytes();
        AtomicFile.write(filter, made);
        // Whoever it is granted to may be another user; the folder keeps everybody else out.
        Files.setPosixFilePermissions(filter, PosixFilePermissions.fromString("rw-r--r--"));
        new Manifest(Map.of(FILTER, Sha256.hex(made))).write(manifest);
      }
      return filter;
    } catch (IOException e) {
      throw new HostException(
          "no seccomp filter can be kept in " + dir + ": " + PrivateDir.reason(e), e);
    }
  }

  private static boolean isWhole(Path filter, Path manifest) throws IOException {
    var recorded = Manifest.read(manifest);
    if (recorded.isEmpty()) {
      return false;
    }
    try {
      return recorded.get().get(FILTER).equals(Sha256.hex(Files.readAllBytes(filter)));
    } catch (NoSuchFileException _) {
      return false;
    }
  }

  private static byte[] compile(Wanted wanted) throws HostException {
    if (!(read(wanted) instanceof Profile.Whole(Policy policy))) {
      throw new HostException("a seccomp profile with threads is for programs that load it");
    }
    try (var library = SeccompLibrary.open()) {
      return used(policy, wanted.use()).compile(library);
    }
  }

  private static Map<String, byte[]> compileEach(Wanted wanted) throws HostException {
    if (!(read(wanted) instanceof Profile.PerThread(var policies))) {
      throw new HostException(
          "a seccomp profile without threads is for programs that have it whole");
    }
    var programs = new TreeMap<String, byte[]>();
    try (var library = SeccompLibrary.open()) {
      for (var policy : policies.entrySet()) {
        programs.put(policy.getKey(), used(policy.getValue(), wanted.use()).compile(library));
      }
    }
    return programs;
  }

  private static Profile read(Wanted wanted) throws HostException {
    try {
      return ProfileJson.read(wanted.json());
    } catch (IOException e) {
      throw new HostException(PrivateDir.reason(e), e);
    }
  }

  private static Policy used(Policy policy, Use use) {
    return switch (use) {
      case ENFORCE -> policy;
      case LEARN -> policy.learning();
      case COUNT -> policy.counting();
    };
  }
}
