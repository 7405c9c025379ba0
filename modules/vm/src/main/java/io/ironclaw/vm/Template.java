package io.ironclaw.vm;

import java.nio.file.Path;

/** A saved VM that clones start from: guest memory and device state that belong together. */
public record Template(Path dir, String key) {
  public static final String MEMORY_FILE = "memory";
  public static final String STATE_FILE = "state";

  public Path memory() {
    return dir.resolve(MEMORY_FILE);
  }

  public Path state() {
    return dir.resolve(STATE_FILE);
  }
}
