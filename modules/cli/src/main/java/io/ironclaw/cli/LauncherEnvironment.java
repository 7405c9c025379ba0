package io.ironclaw.cli;

import java.util.HashMap;
import java.util.Map;

/** The environment as it was before the launcher changed it for Java (scripts/launch.sh). */
final class LauncherEnvironment {
  private static final String SAVED = "IRONCLAW_SAVED_";
  private static final String SET_FOR_JAVA = "LC_ALL";

  private LauncherEnvironment() {}

  static Map<String, String> restored(Map<String, String> env) {
    var restored = new HashMap<>(env);
    restored.remove(SET_FOR_JAVA);
    env.forEach((name, value) -> {
      if (name.startsWith(SAVED)) {
        restored.remove(name);
        restored.put(name.substring(SAVED.length()), value);
      }
    });
    return Map.copyOf(restored);
  }
}
