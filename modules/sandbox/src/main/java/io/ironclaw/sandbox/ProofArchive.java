package io.ironclaw.sandbox;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.VmId;
import io.ironclaw.host.AtomicFile;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.proof.ProofReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The newest proofs of a user's VMs, one file each, also of those that are gone. Bounded. */
public final class ProofArchive {
  /** So many stay. */
  static final int KEPT = 64;

  /** Looked through when there are more: not at every start. */
  private static final int MOST = 2 * KEPT;

  private static final String ENDING = ".json";

  private final Path folder;

  ProofArchive(Path folder) {
    this.folder = folder;
  }

  /** That of these settings. */
  public static ProofArchive of(Settings settings) {
    return new ProofArchive(settings.stateDir().resolve("proofs"));
  }

  void file(IsolationProof proof) throws IOException, HostException {
    PrivateDir.ensure(folder);
    AtomicFile.write(
        folder.resolve(proof.vm() + ENDING), proof.json().getBytes(StandardCharsets.UTF_8));
    if (paths().size() > MOST) {
      var files = files();
      for (var old : files.subList(Math.min(KEPT, files.size()), files.size())) {
        Files.deleteIfExists(old.path());
      }
    }
  }

  /** The newest. */
  public Optional<IsolationProof> last() throws HostException {
    try {
      var files = files();
      return files.isEmpty() ? Optional.empty() : read(files.getFirst().path());
    } catch (IOException e) {
      throw new HostException("can't read " + folder + ": " + PrivateDir.reason(e), e);
    }
  }

  /** That of a VM. */
  public Optional<IsolationProof> of(VmId vm) throws HostException {
    return read(folder.resolve(vm + ENDING));
  }

  private static Optional<IsolationProof> read(Path file) throws HostException {
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(ProofReader.MOST_BYTES + 1);
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new HostException("can't read " + file + ": " + PrivateDir.reason(e), e);
    }
    try {
      return Optional.of(ProofReader.read(bytes));
    } catch (HostException e) {
      throw new HostException(file + " is " + e.getMessage() + "; delete it", e);
    }
  }

  private record Filed(Path path, FileTime time) {}

  /** The newest first. */
  private List<Filed> files() throws IOException {
    var files = new ArrayList<Filed>();
    for (var path : paths()) {
      try {
        files.add(new Filed(path, Files.getLastModifiedTime(path)));
      } catch (NoSuchFileException _) {
        // Another process has made room.
      }
    }
    files.sort(Comparator.comparing(Filed::time).reversed());
    return files;
  }

  private List<Path> paths() throws IOException {
    var paths = new ArrayList<Path>();
    try (var entries = Files.newDirectoryStream(folder, "*" + ENDING)) {
      entries.forEach(paths::add);
    } catch (NoSuchFileException _) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return paths;
  }
}
