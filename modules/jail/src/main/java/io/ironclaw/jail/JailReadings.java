package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.jail.seccomp.FilterCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What a process in a jail should be like, and what it means when it is otherwise.
 *
 * @param uid its own; empty = that of whoever started it
 * @param mounts each that it should have, by its place in the jail
 * @param stdin the file that it began with as its stdin
 * @param tap the device that it was given
 * @param listeners the paths of the sockets that it makes for us, as it sees them
 * @param seccomp the filter that it began with
 * @param kind what makes the jail
 */
record JailReadings(
    OptionalLong uid,
    Map<String, Mount> mounts,
    Optional<Path> stdin,
    Optional<Grant.Tap> tap,
    Set<String> listeners,
    Optional<SeccompPlan> seccomp,
    Kind kind) {
  /** What makes a jail, as far as it shows. */
  enum Kind {
    BUBBLEWRAP(1),
    /** Firecracker's. Its device files can't be made in a user namespace. */
    JAILER(2);

    private final int before;

    Kind(int before) {
      this.before = before;
    }

    /** How many processes wait for the program, one for the other. */
    int before() {
      return before;
    }

    private List<String> namespaces() {
      return this == BUBBLEWRAP
          ? Posture.NAMESPACES
          : Posture.NAMESPACES.stream().filter(name -> !name.equals("user")).toList();
    }

    /**
     * The jailer leaves the bounding set, which is no way to a capability for a thread that can't
     * gain any by starting a program.
     */
    private List<String> capabilities() {
      return this == BUBBLEWRAP
          ? List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
          : List.of("CapInh", "CapPrm", "CapEff", "CapAmb");
    }
  }

  /** What is read of a jail, in this order. */
  static final List<ProofItem> ITEMS =
      List.of(
          ProofItem.OWN_UID,
          ProofItem.CAPABILITIES,
          ProofItem.NO_NEW_PRIVS,
          ProofItem.SECCOMP,
          ProofItem.NAMESPACES,
          ProofItem.MOUNTS,
          ProofItem.DESCRIPTORS);

  private static final String TUN = "/dev/net/tun";
  private static final String NO_CAPABILITIES = "0000000000000000";

  /** Objects of the kernel that lead to nothing of the host's. */
  private static final List<String> HARMLESS =
      List.of("anon_inode:", "/dev/null", "/memfd:", "/dev/kvm");

  /** A mount, and the file or folder of the host that it should be; none = made for the jail. */
  record Mount(boolean writable, Optional<Path> source) {}

  JailReadings {
    mounts = Map.copyOf(mounts);
    listeners = Set.copyOf(listeners);
  }

  void read(Posture posture, Readings readings) throws HostException {
    readings.add(user(posture));
    readings.add(
        everyThread(
            posture,
            ProofItem.CAPABILITIES,
            t -> kind.capabilities().stream().allMatch(c -> NO_CAPABILITIES.equals(t.get(c))),
            t -> "CapEff " + t.get("CapEff") + ", CapBnd " + t.get("CapBnd")));
    readings.add(
        everyThread(
            posture,
            ProofItem.NO_NEW_PRIVS,
            t -> "1".equals(t.get("NoNewPrivs")),
            t -> "NoNewPrivs " + t.get("NoNewPrivs")));
    readings.add(seccomp(posture));
    readings.add(namespaces(posture));
    readings.add(mountTable(posture));
    readings.add(descriptors(posture));
  }

  private Reading user(Posture posture) {
    if (uid.isEmpty()) {
      return Reading.absent(
          ProofItem.OWN_UID,
          "it runs as user "
              + posture.threads().getFirst().get("Uid")
              + ", as whoever started it: its namespaces alone keep it from that user's files");
    }
    String own = Long.toString(uid.getAsLong());
    String all = String.join("\t", own, own, own, own);
    return everyThread(
        posture,
        ProofItem.OWN_UID,
        t -> all.equals(t.get("Uid")) && all.equals(t.get("Gid")),
        t -> "Uid " + t.get("Uid") + ", Gid " + t.get("Gid") + ", expected " + own);
  }

  /** The kernel counts filters; which they are, it tells nobody (proc(5), Seccomp_filters). */
  private Reading seccomp(Posture posture) {
    if (seccomp.isEmpty()) {
      return Reading.absent(ProofItem.SECCOMP, "none was asked for");
    }
    int filters = 1 + seccomp.get().own();
    var reading =
        everyThread(
            posture,
            ProofItem.SECCOMP,
            t -> "2".equals(t.get("Seccomp")) && filters == count(t),
            t ->
                "Seccomp %s, %s filters, expected 2 and %d"
                    .formatted(t.get("Seccomp"), t.get("Seccomp_filters"), filters));
    return reading.verdict() == Verdict.PROVEN
            && seccomp.get().filter().use() == FilterCache.Use.LEARN
        ? Reading.absent(
            ProofItem.SECCOMP, "the filter only notes what it would kill for, as was asked for")
        : reading;
  }

  /** Kernels before 5.9 don't tell; that is not shown to be enough. */
  private static int count(Map<String, String> thread) {
    try {
      return Integer.parseInt(thread.getOrDefault("Seccomp_filters", "0"));
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private interface Words {
    String of(Map<String, String> thread);
  }

  private static Reading everyThread(
      Posture posture, ProofItem item, Predicate<Map<String, String>> holds, Words words) {
    for (var thread : posture.threads()) {
      if (!holds.test(thread)) {
        return Reading.failed(
            item,
            "thread %s %s: %s".formatted(thread.get("Pid"), thread.get("Name"), words.of(thread)));
      }
    }
    if (posture.threads().isEmpty()) {
      return Reading.failed(item, "process " + posture.pid() + " has no threads");
    }
    return Reading.proven(
        item,
        () ->
            words.of(posture.threads().getFirst())
                + " on "
                + posture.threads().size()
                + " threads");
  }

  private Reading namespaces(Posture posture) throws HostException {
    try {
      var ours = Posture.namespaces(Path.of("/proc/self"));
      for (var name : kind.namespaces()) {
        if (Objects.equals(ours.get(name), posture.namespaces().get(name))) {
          return Reading.failed(ProofItem.NAMESPACES, name + " is the host's: " + ours.get(name));
        }
      }
      return Reading.proven(
          ProofItem.NAMESPACES,
          () -> kind.namespaces().stream().map(posture.namespaces()::get).toList().toString());
    } catch (IOException e) {
      throw new HostException("can't read our own namespaces: " + e, e);
    }
  }

  private Reading mountTable(Posture posture) {
    var found = new TreeSet<>(posture.mounts().keySet());
    if (!found.equals(mounts.keySet())) {
      return Reading.failed(
          ProofItem.MOUNTS, found + ", expected " + new TreeSet<>(mounts.keySet()));
    }
    for (var mount : mounts.entrySet()) {
      String at = mount.getKey();
      if (posture.mounts().getOrDefault(at, true) && !mount.getValue().writable()) {
        return Reading.failed(ProofItem.MOUNTS, at + " can be written");
      }
      var source = mount.getValue().source();
      if (source.isPresent() && !isSame(posture.pid(), at, source.get())) {
        return Reading.failed(ProofItem.MOUNTS, at + " is not " + source.get());
      }
    }
    return Reading.proven(ProofItem.MOUNTS, () -> posture.mounts().toString());
  }

  /** What the process has at a place, seen through its own root (proc(5), root). */
  private static boolean isSame(long pid, String at, Path source) {
    try {
      return Files.isSameFile(Path.of("/proc", Long.toString(pid), "root" + at), source);
    } catch (IOException _) {
      // What can't be looked at is not shown to be the same.
      return false;
    }
  }

  /**
   * Besides what is harmless: its own output's pipe, sockets that it has made itself in its network
   * namespace, connections of ours to those that it made for us, and files that are mounts.
   */
  private Reading descriptors(Posture posture) throws HostException {
    var foreign = new ArrayList<String>();
    var pipes = new TreeSet<String>();
    var ours = listeners.isEmpty() ? Set.<String>of() : Posture.accepted(listeners);
    posture
        .descriptors()
        .forEach((number, to) -> {
          if (to.startsWith("pipe:")) {
            pipes.add(to);
          } else if (!isSocketOf(posture.sockets(), to)
              && !isSocketOf(ours, to)
              && !isGranted(number, to)
              && !isTap(posture, number, to)) {
            foreign.add(number + " -> " + to);
          }
        });
    if (pipes.size() > 1) {
      foreign.add("pipes besides its output: " + pipes);
    }
    return Reading.of(
        ProofItem.DESCRIPTORS,
        foreign.isEmpty(),
        () -> foreign.isEmpty() ? posture.descriptors().toString() : foreign.toString());
  }

  private static boolean isSocketOf(Set<String> inodes, String to) {
    return to.startsWith("socket:[")
        && inodes.contains(to.substring("socket:[".length(), to.length() - 1));
  }

  /** The one that was given: the kernel says which device is behind it (proc(5), fdinfo). */
  private boolean isTap(Posture posture, int number, String to) {
    boolean given = kind == Kind.JAILER || number == Grant.Tap.DESCRIPTOR;
    if (tap.isEmpty() || !given || !to.equals(TUN)) {
      return false;
    }
    Path info = Path.of("/proc", Long.toString(posture.pid()), "fdinfo", "" + number);
    try (var lines = Files.lines(info)) {
      return lines.anyMatch(line -> line.equals("iff:\t" + tap.get().link()));
    } catch (IOException | UncheckedIOException _) {
      // What can't be looked at is not shown to be the one.
      return false;
    }
  }

  private boolean isGranted(int number, String to) {
    return HARMLESS.stream().anyMatch(to::startsWith)
        || mounts.containsKey(to)
        || number == 0 && stdin.isPresent() && to.endsWith("/" + stdin.get().getFileName());
  }
}
