package io.ironclaw.api;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Hands each event to all who watch its kind; publishing waits for none of them. */
public final class EventBus implements Events, EventSink, AutoCloseable {
  private record Watched(Class<? extends Event> kind, Subscription subscription) {}

  private final List<Watched> watched = new CopyOnWriteArrayList<>();

  @Override
  public <E extends Event> Subscription subscribe(Class<E> kind, Consumer<? super E> watcher) {
    var subscription =
        new Subscription(
            event -> watcher.accept(kind.cast(event)),
            ended -> watched.removeIf(w -> w.subscription() == ended));
    watched.add(new Watched(kind, subscription));
    return subscription;
  }

  @Override
  public void publish(Event event) {
    for (var each : watched) {
      if (each.kind().isInstance(event)) {
        each.subscription().offer(event);
      }
    }
  }

  /** Ends every subscription. */
  @Override
  public void close() {
    watched.forEach(each -> each.subscription().close());
  }
}
