package io.ironclaw.vm.qemu;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Work on other threads, with a limit on how long a test waits for it. */
final class Waiting {
  private static final Duration SOON = Duration.ofSeconds(5);

  private Waiting() {}

  static <T> Future<T> async(Callable<T> work) {
    var task = new FutureTask<T>(work);
    Thread.ofPlatform().daemon().start(task);
    return task;
  }

  /** The result, or what the work threw; fails if it takes long. */
  static <T> T soon(Future<T> work) throws Exception {
    try {
      return work.get(SOON.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }
}
