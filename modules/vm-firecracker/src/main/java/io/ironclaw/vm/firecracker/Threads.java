package io.ironclaw.vm.firecracker;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The threads of a Firecracker process, by their names (proc(5), comm). Each kind has a filter of
 * its own; one that nobody knows may have any.
 */
final class Threads {
  private static final String API = "fc_api";
  private static final String VCPU = "fc_vcpu ";

  /** A thread of the kernel's that it has since 6.14, from its first guest instruction on. */
  private static final String KERNELS = "kvm-nx-lpage-re";

  /** What the kernel keeps of a name. */
  private static final int MOST_NAME = 15;

  private static final String FILTERS = "--seccomp-filter";

  private static final String VCPU_FILE = "anon_inode:kvm-vcpu:";

  private Threads() {}

  /** The names of all, sorted. */
  static List<String> of(long pid) throws HostException {
    var names = new ArrayList<String>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc", "" + pid, "task"))) {
      for (var task : tasks) {
        try {
          names.add(
              new String(Files.readAllBytes(task.resolve("comm")), StandardCharsets.ISO_8859_1)
                  .strip());
        } catch (NoSuchFileException _) {
          // It has ended since.
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new HostException("can't read the threads of process " + pid + ": " + e, e);
    }
    return names.stream().sorted().toList();
  }

  /** What is wrong with them: more, fewer or others than a machine has; empty if nothing is. */
  static Optional<String> fault(List<String> names, String program, int vcpus) {
    var expected = new ArrayList<String>();
    expected.add(program.length() > MOST_NAME ? program.substring(0, MOST_NAME) : program);
    expected.add(API);
    for (int i = 0; i < vcpus; i++) {
      expected.add(VCPU + i);
    }
    var others = names.stream().filter(name -> !name.startsWith(KERNELS)).toList();
    var sorted = expected.stream().sorted().toList();
    return others.equals(sorted)
        ? Optional.empty()
        : Optional.of("its threads are " + names + ", expected " + sorted);
  }

  /** The words that it was started with, as the kernel has them (proc(5), cmdline). */
  static List<String> commandLine(long pid) throws HostException {
    try {
      return List.of(
          new String(
                  Files.readAllBytes(Path.of("/proc", "" + pid, "cmdline")),
                  StandardCharsets.ISO_8859_1)
              .split("\0", -1));
    } catch (IOException e) {
      throw new HostException("can't read the command line of process " + pid + ": " + e, e);
    }
  }

  /**
   * Whether it was started with filters of its own in the place of ours: the kernel counts filters,
   * and does not say which they are.
   */
  static Optional<String> unfiltered(List<String> commandLine) {
    return commandLine.contains(FILTERS)
        ? Optional.empty()
        : Optional.of("it was started without " + FILTERS + ": its filters are not ours");
  }

  /** How many vCPUs of KVM's it has open. */
  static long vcpus(long pid) throws HostException {
    try (var files = Files.list(Path.of("/proc", "" + pid, "fd"))) {
      long found = 0;
      for (var file : files.toList()) {
        try {
          found += Files.readSymbolicLink(file).toString().startsWith(VCPU_FILE) ? 1 : 0;
        } catch (NoSuchFileException _) {
          // Closed since.
        }
      }
      return found;
    } catch (IOException e) {
      throw new HostException(
          "can't read the files of process " + pid + ": " + PrivateDir.reason(e), e);
    }
  }
}
