package io.ironclaw.sandbox;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.Printable;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * A user's {@code ironclaw.toml} (TOML 1.0). It can demand, and never give up what is demanded:
 *
 * <pre>require = ["jailed", "cgroup-memory"]</pre>
 *
 * Nothing is loaded for it where there is none.
 */
final class ConfigFile {
  private static final long MOST_BYTES = 1 << 16;
  private static final String REQUIRE = "require";

  private ConfigFile() {}

  /**
   * What every VM must have.
   *
   * @param file empty = there is none
   * @throws IllegalArgumentException if it can't be read, says what it can't, or others may write
   *     it
   */
  static Assurance required(Optional<Path> file) {
    return file.isPresent() ? read(file.get()) : Assurance.ANY;
  }

  private static Assurance read(Path file) {
    try {
      checkTrusted(file);
      if (Files.size(file) > MOST_BYTES) {
        throw wrong(file, "has over " + MOST_BYTES + " bytes");
      }
      var tree = new TomlMapper().readTree(Files.readString(file));
      for (var name : tree.propertyNames()) {
        if (!name.equals(REQUIRE)) {
          throw wrong(
              file, "has " + Printable.line(name) + ", which is not known; there is require");
        }
      }
      var required = Optional.ofNullable(tree.get(REQUIRE));
      return required.isPresent() ? demands(file, required.get()) : Assurance.ANY;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "configuration " + file + " can't be read: " + PrivateDir.reason(e), e);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "configuration " + file + " is no TOML: " + Printable.line(e.getOriginalMessage()), e);
    }
  }

  private static Assurance demands(Path file, JsonNode required) {
    var names = new ArrayList<String>();
    for (var name : required) {
      names.add(name.isString() ? name.stringValue() : "");
    }
    if (!required.isArray() || names.isEmpty() || names.contains("")) {
      throw wrong(file, "has no list of names as require, such as [\"jailed\"]");
    }
    try {
      return Assurance.parse(String.join(",", names));
    } catch (IllegalArgumentException e) {
      throw wrong(file, "is wrong: " + e.getMessage());
    }
  }

  /** Whoever can write it could take a demand away. */
  private static void checkTrusted(Path file) throws IOException {
    var mode = Files.getPosixFilePermissions(file);
    if (mode.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw wrong(file, "can be written by everybody; run: chmod o-w " + file);
    }
  }

  private static IllegalArgumentException wrong(Path file, String what) {
    return new IllegalArgumentException("configuration " + file + " " + what);
  }
}
