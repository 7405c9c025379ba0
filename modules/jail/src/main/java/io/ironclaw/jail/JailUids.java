package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;

/**
 * User ids that belong to nobody, one for each process that runs in a jail. Who has one holds a
 * lock that all launchers of this host know.
 *
 * @param first of the range
 * @param last of the range, at least {@code first}
 */
public record JailUids(long first, long last) {
  /** Above all that systemd gives out, and below what is not an id (systemd, UIDS-GIDS). */
  public static final JailUids DEFAULT = new JailUids(1_900_000_000L, 1_900_004_095L);

  private static final long LARGEST = 4_294_967_293L;

  /** One that is taken until it is closed. */
  record Taken(long uid, NamedLock lock) implements AutoCloseable {
    @Override
    public void close() {
      lock.close();
    }
  }

  public JailUids {
    if (first < 1 || last < first || last > LARGEST) {
      throw new IllegalArgumentException(
          "user ids %d-%d: use a range within 1-%d, 0 is root's".formatted(first, last, LARGEST));
    }
  }

  /** From text: {@code FIRST-LAST}. */
  public static JailUids parse(String text) {
    var found = java.util.regex.Pattern.compile("([0-9]{1,10})-([0-9]{1,10})").matcher(text);
    if (!found.matches()) {
      throw new IllegalArgumentException(text + " is no range of user ids: write FIRST-LAST");
    }
    return new JailUids(Long.parseLong(found.group(1)), Long.parseLong(found.group(2)));
  }

  /**
   * Takes one that no other process of this host has.
   *
   * @param locks a folder that only root can write to
   */
  Taken take(Path locks) throws HostException {
    requireMapped(Path.of("/proc/self/uid_map"));
    for (long uid = first; uid <= last; uid++) {
      var lock = NamedLock.tryAcquire(locks.resolve(Long.toString(uid)), "running a VM as it");
      if (lock.isPresent()) {
        return new Taken(uid, lock.get());
      }
    }
    throw new HostException(
        "all user ids of the range %d-%d are taken by running VMs; close some or set IRONCLAW_JAIL_UIDS to a larger range"
            .formatted(first, last));
  }

  /** In a container, most ids of the host are no ids at all (user_namespaces(7)). */
  void requireMapped(Path map) throws HostException {
    try (var lines = Files.lines(map)) {
      boolean mapped =
          lines
              .map(line -> line.strip().split(" +"))
              .map(f -> LongStream.of(Long.parseLong(f[0]), Long.parseLong(f[2])).toArray())
              .anyMatch(range -> first >= range[0] && last < range[0] + range[1]);
      if (!mapped) {
        throw new HostException(
            "user ids %d-%d don't exist in this container (%s); set IRONCLAW_JAIL_UIDS to a range that does"
                .formatted(first, last, map));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new HostException("can't read " + map + ": " + e, e);
    }
  }

  /** The folder of the locks, in one of ours. */
  static Path locks(Path runDir) throws HostException {
    return PrivateDir.ensure(runDir.resolve("uids"));
  }
}
