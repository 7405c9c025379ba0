package io.ironclaw.vm;

import java.nio.file.Path;
import java.util.List;

/**
 * A saved VM that clones start from: guest memory and device state that belong together.
 *
 * @param ingredients its files, as they were trusted
 */
public record Template(Path dir, String key, List<Ingredient> ingredients) {
  public static final String MEMORY_FILE = "memory";
  public static final String STATE_FILE = "state";

  public Template {
    ingredients = List.copyOf(ingredients);
  }

  public Path memory() {
    return dir.resolve(MEMORY_FILE);
  }

  public Path state() {
    return dir.resolve(STATE_FILE);
  }
}
