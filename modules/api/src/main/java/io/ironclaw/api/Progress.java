package io.ironclaw.api;

/** Hears what a slow step is doing. Called from the thread that prepares the image. */
@FunctionalInterface
public interface Progress {
  /** Says nothing. */
  Progress NONE = line -> {};

  /** One line without a line break, fit to be shown to a person. */
  void line(String line);
}
