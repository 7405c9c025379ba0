package io.ironclaw.network;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** A network namespace, and how something is done in it. Safe for many threads. */
interface Namespace {
  /** A name of it, for other processes of this host; holds as long as it is in use. */
  Path path();

  /**
   * What starts a program in it.
   *
   * @param nsenter the program of that name
   */
  List<String> entering(Path nsenter);

  /**
   * Does something in it. A thread that Java begins there would stay in it, so nothing that may
   * begin one: files of {@code /proc/sys/net} are written and sockets opened, no processes started.
   */
  <T> T call(Callable<T> what) throws IOException, HostException;

  /** The host's: every thread's that has not left it. */
  Namespace HOST =
      new Namespace() {
        @Override
        public Path path() {
          return Path.of("/proc", Long.toString(ProcessHandle.current().pid()), "ns/net");
        }

        @Override
        public List<String> entering(Path nsenter) {
          return List.of();
        }

        @Override
        public <T> T call(Callable<T> what) throws IOException, HostException {
          try {
            return what.call();
          } catch (IOException | HostException | RuntimeException e) {
            throw e;
          } catch (Exception e) {
            // A Callable declares it; what is done here throws nothing else.
            throw new IllegalStateException(e);
          }
        }
      };
}
