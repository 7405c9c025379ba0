package io.ironclaw.api;

/** Where events go. Publishing never waits and never fails. Safe for many threads. */
@FunctionalInterface
public interface EventSink {
  /** Nobody hears them. */
  static EventSink none() {
    return _ -> {};
  }

  void publish(Event event);

  /** Publishes an {@link Event.Preparing}. */
  default void preparing(String what) {
    publish(new Event.Preparing(what));
  }

  /** Publishes an {@link Event.Waiting}. */
  default void waiting(String why) {
    publish(new Event.Waiting(why));
  }
}
