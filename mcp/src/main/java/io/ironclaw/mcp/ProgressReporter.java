package io.ironclaw.mcp;

import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells a client that asked for it how a command gets on: at most four times a second while it
 * writes, and now and then while it is silent, so that a client's own time limit can wait. The
 * progress value is the time in seconds, as it has to grow with every notification. The first one
 * comes after a quarter of a second: most commands end before it.
 */
final class ProgressReporter implements AutoCloseable {
  private static final Duration SHORTEST = Duration.ofMillis(250);
  private static final Duration LONGEST = Duration.ofSeconds(5);
  private static final int EXCERPT = 400;

  private final McpAsyncServerExchange exchange;
  private final Object token;
  private final long start = System.nanoTime();
  // Two locks, so that a client that does not read blocks no command.
  private final ReentrantLock state = new ReentrantLock();
  private final Condition changed = state.newCondition();
  private final ReentrantLock sending = new ReentrantLock();
  private String phase;
  private long bytes;
  private byte[] newest = new byte[0];
  private boolean dirty;
  private boolean ended;

  private ProgressReporter(McpAsyncServerExchange exchange, Object token, String phase) {
    this.exchange = exchange;
    this.token = token;
    this.phase = phase;
  }

  /** Starts reporting. */
  static ProgressReporter start(McpAsyncServerExchange exchange, Object token, String phase) {
    var reporter = new ProgressReporter(exchange, token, phase);
    Thread.ofVirtual().name("mcp-progress").start(reporter::report);
    return reporter;
  }

  /** What is going on from now on. */
  void phase(String now) {
    state.lock();
    try {
      phase = now;
      dirty = true;
      changed.signalAll();
    } finally {
      state.unlock();
    }
  }

  /** The command wrote something. */
  void output(byte[] chunk, int length) {
    state.lock();
    try {
      bytes += length;
      newest = Arrays.copyOfRange(chunk, Math.max(0, length - EXCERPT), length);
      if (!dirty) {
        dirty = true;
        changed.signalAll();
      }
    } finally {
      state.unlock();
    }
  }

  private void report() {
    try {
      long wait = SHORTEST.toNanos();
      while (awaitTurn(wait)) {
        sending.lock();
        try {
          var message = message();
          if (message.isEmpty()) {
            return;
          }
          double seconds = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) / 1e3;
          exchange
              .progressNotification(new ProgressNotification(token, seconds, null, message.get()))
              // A client that has gone needs no progress.
              .onErrorComplete()
              .block();
        } finally {
          sending.unlock();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits the shortest time, then for news or the longest time; false at the end. */
  private boolean awaitTurn(long shortest) throws InterruptedException {
    state.lock();
    try {
      long left = shortest;
      while (!ended && left > 0) {
        left = changed.awaitNanos(left);
      }
      left = LONGEST.toNanos() - shortest;
      while (!ended && !dirty && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !ended;
    } finally {
      state.unlock();
    }
  }

  private Optional<String> message() {
    state.lock();
    try {
      if (ended) {
        return Optional.empty();
      }
      dirty = false;
      var time = Text.time(Duration.ofNanos(System.nanoTime() - start));
      if (bytes == 0) {
        return Optional.of(phase + ", " + time + ", no output yet");
      }
      int from = Text.brokenStart(newest);
      var excerpt = new String(newest, from, newest.length - from, StandardCharsets.UTF_8);
      return Optional.of(phase + ", " + time + ", " + bytes + " bytes of output\n" + excerpt);
    } finally {
      state.unlock();
    }
  }

  /** No notification is sent after this. */
  @Override
  public void close() {
    state.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      state.unlock();
    }
    // One that is being sent goes out first.
    sending.lock();
    sending.unlock();
  }
}
