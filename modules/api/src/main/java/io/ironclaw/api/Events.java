package io.ironclaw.api;

import java.util.function.Consumer;

/** Events to watch. Safe for many threads. */
public interface Events {
  /**
   * From now on, events of a kind are handed to {@code watcher}, one by one and in order, on a
   * thread that is the subscription's own. A watcher that is slow holds up nobody: {@link
   * Subscription#MOST_WAITING} events wait for it, the next are dropped and counted.
   *
   * @param kind {@code Event.class} for all
   */
  <E extends Event> Subscription subscribe(Class<E> kind, Consumer<? super E> watcher);
}
