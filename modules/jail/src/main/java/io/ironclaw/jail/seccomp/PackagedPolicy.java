package io.ironclaw.jail.seccomp;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The policies that the build packs beside a class, in its folder {@code seccomp}. */
public final class PackagedPolicy {
  private PackagedPolicy() {}

  /**
   * A policy as people wrote it.
   *
   * @param level its file's name, without the ending
   */
  public static String json(Class<?> beside, String level) throws HostException {
    String name = "seccomp/" + level + ".json";
    try (var packaged = beside.getResourceAsStream(name)) {
      if (packaged == null) {
        throw new HostException("IronClaw was built without " + name + ": build it again");
      }
      return new String(packaged.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new HostException("can't read " + name + ": " + e.getMessage(), e);
    }
  }
}
