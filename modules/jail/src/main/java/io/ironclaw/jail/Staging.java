package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What root's jails start with: each has a user id of its own, and a place on the stage. For the
 * launcher's thread alone.
 */
final class Staging {
  private static final Path RUN = Path.of("/run/ironclaw");

  private final JailUids uids;
  private Optional<Stage> stage = Optional.empty();

  Staging(JailUids uids) {
    this.uids = uids;
  }

  /** Where the files of one jail are. */
  interface Place {
    void clear() throws IOException;
  }

  /** Makes a place. */
  interface Making<P extends Place> {
    P on(Stage stage) throws IOException, HostException;
  }

  /** Starts a jail, which has both from then on. */
  interface Starting<P extends Place> {
    Launched with(JailUids.Taken uid, P place) throws IOException, HostException;
  }

  /** Starts a jail; if it can't be started, what was taken for it is given back. */
  <P extends Place> Launched start(Making<P> making, Starting<P> starting)
      throws IOException, HostException {
    var on = stage();
    var uid = uids.take(JailUids.locks(RUN));
    boolean started = false;
    try {
      P place = making.on(on);
      try {
        var launched = starting.with(uid, place);
        started = true;
        return launched;
      } finally {
        if (!started) {
          place.clear();
        }
      }
    } finally {
      if (!started) {
        uid.close();
      }
    }
  }

  /** The stage, set up when it is first asked for. */
  Stage stage() throws HostException {
    Path run = PrivateDir.ensureWalkable(RUN);
    if (stage.isEmpty()) {
      stage = Optional.of(Stage.in(run));
    }
    return stage.get();
  }
}
