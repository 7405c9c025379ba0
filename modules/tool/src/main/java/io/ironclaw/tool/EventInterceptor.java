package io.ironclaw.tool;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Publishes the begin and the end of every call, however it ends. */
public final class EventInterceptor implements Interceptor {
  private final EventSink events;

  public EventInterceptor(EventSink events) {
    this.events = events;
  }

  @Override
  public <R> R around(ToolCall<R> call, Sandbox sandbox, Next<R> next)
      throws IronClawException, IOException, InterruptedException {
    long begin = System.nanoTime();
    String tool = call.tool().id();
    events.publish(new Event.ToolCalled(tool, sandbox.id()));
    Optional<String> failure = Optional.of("it was cancelled");
    try {
      var result = next.proceed();
      failure = Optional.empty();
      return result;
    } catch (IronClawException | IOException | RuntimeException e) {
      failure = Optional.of(events.masked(String.valueOf(e.getMessage())));
      throw e;
    } finally {
      var took = Duration.ofNanos(System.nanoTime() - begin);
      events.publish(new Event.ToolEnded(tool, sandbox.id(), took, failure));
    }
  }
}
