package io.ironclaw.attacks.n;

import io.ironclaw.host.ffi.NetworkNamespace;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A thread with a network namespace of its own; sockets that it opens are at home there. */
final class InNamespace implements AutoCloseable {
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
  private final Path path;

  InNamespace() throws Exception {
    path = call(NetworkNamespace::unshare);
  }

  Path path() {
    return path;
  }

  <T> T call(Callable<T> what) throws Exception {
    try {
      return thread.submit(what).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception told ? told : e;
    }
  }

  @Override
  public void close() {
    thread.close();
  }
}
