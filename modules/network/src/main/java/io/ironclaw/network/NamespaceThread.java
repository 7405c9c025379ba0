package io.ironclaw.network;

import io.ironclaw.api.HostException;
import io.ironclaw.host.ffi.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * A thread with a network namespace of its own, which lives as long as the thread. What is to be
 * done in the namespace is done by it, one after the other.
 */
final class NamespaceThread implements Namespace, AutoCloseable {
  private final ExecutorService thread;
  private final Path path;

  private NamespaceThread(ExecutorService thread, Path path) {
    this.thread = thread;
    this.path = path;
  }

  static NamespaceThread start(String name) throws HostException {
    var thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
    boolean done = false;
    try {
      var path = call(thread, NetworkNamespace::unshare);
      done = true;
      return new NamespaceThread(thread, path);
    } catch (IOException e) {
      throw new HostException("no network namespace can be made: " + e.getMessage(), e);
    } finally {
      if (!done) {
        thread.shutdown();
      }
    }
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public List<String> entering(Path nsenter) {
    return List.of(nsenter.toString(), "--net=" + path, "--");
  }

  @Override
  public <T> T call(Callable<T> what) throws IOException, HostException {
    return call(thread, what);
  }

  private static <T> T call(ExecutorService thread, Callable<T> what)
      throws IOException, HostException {
    try {
      return thread.submit(what).get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case HostException host -> throw host;
        case null, default -> throw new IllegalStateException(e);
      }
    } catch (RejectedExecutionException e) {
      throw new HostException("a network namespace is closed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("interrupted while a network was set up", e);
    }
  }

  /** The namespace goes with the thread. */
  @Override
  public void close() {
    thread.close();
  }
}
