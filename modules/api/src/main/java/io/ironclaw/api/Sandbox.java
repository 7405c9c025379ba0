package io.ironclaw.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/**
 * One micro-VM and what can be done in it. Safe for many threads. Close it, and the VM, its
 * processes and its files are gone.
 */
public interface Sandbox extends AutoCloseable {
  VmId id();

  /** How the VM came to be, and what that took. */
  SpawnReport spawn();

  /** What isolates it, as it was proven before it was handed out. */
  IsolationProof handOutProof() throws IronClawException;

  /**
   * What isolates it, read again now; takes milliseconds. Of what the guest says of itself it has
   * the word of the hand-out: what runs in it since may lie.
   *
   * @throws ProofException if something does not hold any more; the VM is ended then
   */
  IsolationProof proof() throws IronClawException;

  /** What its network lets pass and did; empty if it has no network device. */
  default Optional<NetworkReport> network() throws IronClawException {
    return Optional.empty();
  }

  /** What its network has denied to it, newest first, at most 64; asks nobody. */
  default List<NetworkDenial> denials() {
    return List.of();
  }

  /** Whether the VM is there: false once it has died or was closed. */
  boolean isOpen();

  /** Starts a command. */
  Execution start(ExecSpec spec) throws IronClawException;

  /**
   * Copies a file out of the guest.
   *
   * @param path absolute path in the guest
   * @param offset first byte
   * @param most bytes at most; 0 = all
   * @return the whole file's size and mode
   */
  FileStat readFile(String path, long offset, long most, OutputStream to)
      throws IronClawException, IOException;

  /** Copies everything from {@code from} into a file of the guest; replaces it in one step. */
  FileStat writeFile(String path, int mode, boolean createParents, InputStream from)
      throws IronClawException, IOException;

  /**
   * Lists a folder.
   *
   * @param most entries at most, 1 to 65,536
   */
  Listing listFiles(String path, int most) throws IronClawException;

  /** Entries, and how many there are in total. */
  record Listing(List<FileEntry> entries, long total) {}

  /** The last lines of the VM's console: for error messages and bug reports. */
  String consoleTail();

  @Override
  void close();
}
