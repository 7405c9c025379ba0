package io.ironclaw.sandbox;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.NetworkSet;
import io.ironclaw.api.Printable;
import io.ironclaw.host.PrivateDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * A user's {@code ironclaw.toml} (TOML 1.0). It can demand, and never give up what is demanded; and
 * name rules for networks, which nothing has that does not ask for them:
 *
 * <pre>require = ["jailed", "cgroup-memory"]
 * [network.python]
 * allow = ["pypi.org", "files.pythonhosted.org"]
 * [audit]
 * fsync = "every"</pre>
 *
 * Nothing is loaded for it where there is none.
 *
 * @param required what every VM must have
 * @param sets rules by the name of their set
 * @param audit how it is kept
 */
record ConfigFile(Assurance required, Map<String, NetworkSet> sets, AuditTable audit) {
  static final ConfigFile NONE = new ConfigFile(Assurance.ANY, Map.of(), AuditTable.NONE);

  private static final long MOST_BYTES = 1 << 16;
  private static final String REQUIRE = "require";

  private static final String NETWORK = "network";
  private static final String AUDIT = "audit";
  private static final String ALLOW = "allow";
  private static final String DENY = "deny";
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

  ConfigFile {
    sets = Map.copyOf(sets);
  }

  /**
   * What a file says.
   *
   * @param file empty = there is none
   * @throws IllegalArgumentException if it can't be read, says what it can't, or others may write
   *     it
   */
  static ConfigFile of(Optional<Path> file) {
    return file.isPresent() ? read(file.get()) : NONE;
  }

  private static ConfigFile read(Path file) {
    try {
      checkTrusted(file);
      if (Files.size(file) > MOST_BYTES) {
        throw wrong(file, "has over " + MOST_BYTES + " bytes");
      }
      var tree = new TomlMapper().readTree(Files.readString(file));
      only(file, "", tree, List.of(REQUIRE, NETWORK, AUDIT));
      var required = Optional.ofNullable(tree.get(REQUIRE));
      var sets = Optional.ofNullable(tree.get(NETWORK));
      var audit = Optional.ofNullable(tree.get(AUDIT));
      return new ConfigFile(
          required.isPresent() ? demands(file, required.get()) : Assurance.ANY,
          sets.isPresent() ? sets(file, sets.get()) : Map.of(),
          audit.isPresent() ? audit(file, audit.get()) : AuditTable.NONE);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "configuration " + file + " can't be read: " + PrivateDir.reason(e), e);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "configuration " + file + " is no TOML: " + Printable.line(e.getOriginalMessage()), e);
    }
  }

  private static void only(Path file, String within, JsonNode table, List<String> known) {
    for (var name : table.propertyNames()) {
      if (!known.contains(name)) {
        throw wrong(
            file,
            "has %s%s, which is not known; there is %s"
                .formatted(within, Printable.line(name), String.join(", ", known)));
      }
    }
  }

  private static AuditTable audit(Path file, JsonNode table) {
    if (!table.isObject()) {
      throw wrong(file, "has audit, which is no table: write [audit]");
    }
    only(file, "audit.", table, AuditTable.KEYS);
    try {
      return AuditTable.of(table);
    } catch (IllegalArgumentException e) {
      throw wrong(file, "is wrong: audit: " + e.getMessage());
    }
  }

  private static Assurance demands(Path file, JsonNode required) {
    var names = strings(required);
    if (names.isEmpty()) {
      throw wrong(file, "has no list of names as require, such as [\"jailed\"]");
    }
    try {
      return Assurance.parse(String.join(",", names));
    } catch (IllegalArgumentException e) {
      throw wrong(file, "is wrong: " + e.getMessage());
    }
  }

  private static Map<String, NetworkSet> sets(Path file, JsonNode network) {
    if (!network.isObject()) {
      throw wrong(file, "has network, which is no table: write [network.NAME]");
    }
    var sets = new TreeMap<String, NetworkSet>();
    for (var name : network.propertyNames()) {
      var set = network.get(name);
      if (!NAME.matcher(name).matches() || !set.isObject()) {
        throw wrong(
            file,
            "has network.%s, which is no set of rules: write [network.NAME], of a-z, 0-9, _ and -"
                .formatted(Printable.line(name)));
      }
      only(file, "network." + name + ".", set, List.of(ALLOW, DENY));
      sets.put(
          name,
          new NetworkSet(
              rules(file, name, set, ALLOW, EgressRule::allowing),
              rules(file, name, set, DENY, EgressRule::denying)));
    }
    return sets;
  }

  private static List<EgressRule> rules(
      Path file, String set, JsonNode table, String key, Function<String, EgressRule> read) {
    var list = Optional.ofNullable(table.get(key));
    if (list.isEmpty()) {
      return List.of();
    }
    var texts = strings(list.get());
    if (texts.isEmpty()) {
      throw wrong(file, "has no list of rules as network.%s.%s".formatted(set, key));
    }
    try {
      return texts.stream().map(read).toList();
    } catch (IllegalArgumentException e) {
      throw wrong(file, "is wrong: network.%s.%s: %s".formatted(set, key, e.getMessage()));
    }
  }

  /** Those of a list; empty if it is none, is empty, or has something else in it. */
  private static List<String> strings(JsonNode list) {
    var strings = new ArrayList<String>();
    for (var item : list) {
      strings.add(item.isString() ? item.stringValue() : "");
    }
    return list.isArray() && !strings.contains("") ? List.copyOf(strings) : List.of();
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
