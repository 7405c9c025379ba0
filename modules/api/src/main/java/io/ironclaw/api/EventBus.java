package io.ironclaw.api;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Hands each event to the audit, in the thread that publishes it, and then to all who watch its
 * kind; publishing waits for none of them.
 */
public final class EventBus implements Events, EventSink, AutoCloseable {
  private record Watched(Class<? extends Event> kind, Subscription subscription) {}

  private final List<Watched> watched = new CopyOnWriteArrayList<>();
  private final EventSink audit;
  private final Secrets secrets = new Secrets();

  /** One without an audit. */
  public EventBus() {
    this(EventSink.none());
  }

  /**
   * One whose events are entered in an audit.
   *
   * @param audit misses no event
   */
  public EventBus(EventSink audit) {
    this.audit = audit;
  }

  @Override
  public void secret(String value) {
    secrets.add(value);
  }

  @Override
  public void requireEntered() throws HostException {
    audit.requireEntered();
  }

  @Override
  public String masked(String text) {
    return secrets.mask(text);
  }

  @Override
  public List<String> masked(List<String> arguments) {
    return secrets.mask(arguments);
  }

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
    audit.publish(event);
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
