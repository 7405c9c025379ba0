package io.ironclaw.api;

import java.util.List;

/** Where events go. Publishing never waits and never fails. Safe for many threads. */
@FunctionalInterface
public interface EventSink {
  /** Nobody hears them. */
  static EventSink none() {
    return _ -> {};
  }

  void publish(Event event);

  /** Text that an event may hold: without the secrets that are known here. */
  default String masked(String text) {
    return text;
  }

  /** The same of a command's arguments. */
  default List<String> masked(List<String> arguments) {
    return arguments;
  }

  /**
   * From now on, a value is masked.
   *
   * @throws IllegalArgumentException as of {@link Secrets#add}
   */
  default void secret(String value) {}

  /**
   * Asked before something is done that an event was published of.
   *
   * @throws HostException if that could not be entered in the audit, and what is not entered may
   *     not be done
   */
  default void requireEntered() throws HostException {}

  /** Publishes an {@link Event.Preparing}. */
  default void preparing(String what) {
    publish(new Event.Preparing(what));
  }

  /** Publishes an {@link Event.Waiting}. */
  default void waiting(String why) {
    publish(new Event.Waiting(why));
  }
}
