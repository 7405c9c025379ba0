package io.ironclaw.mcp;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** The tool calls that are running in a session, by the id of their request. */
final class ActiveCalls {
  /** The guest serves 64 streams at once; some of them stay free for files. */
  static final int MOST = 48;

  /** What became of a request to start a call. */
  sealed interface Admission {
    record Started(ActiveCall call) implements Admission {}

    record Refused(String why) implements Admission {}
  }

  private final Map<Object, ActiveCall> running = new ConcurrentHashMap<>();
  private final Semaphore free = new Semaphore(MOST);

  /** Enters a call; it leaves when it is closed. */
  Admission start(Object requestId) {
    if (!free.tryAcquire()) {
      return new Admission.Refused(
          MOST + " tool calls are running, the most there can be; wait for one of them to end");
    }
    var call =
        new ActiveCall(
            ended -> {
              if (running.remove(requestId, ended)) {
                free.release();
              }
            });
    if (running.putIfAbsent(requestId, call) != null) {
      free.release();
      return new Admission.Refused("a request with this id is still running");
    }
    return new Admission.Started(call);
  }

  Optional<ActiveCall> find(Object requestId) {
    return Optional.ofNullable(running.get(requestId));
  }

  void cancelAll() {
    running.values().forEach(ActiveCall::cancel);
  }

  /** Waits until all calls have ended, at most {@code limit} for all of them. */
  boolean awaitEnd(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    for (var call : List.copyOf(running.values())) {
      if (!call.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()))) {
        return false;
      }
    }
    return true;
  }
}
