package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Assurance;
import io.ironclaw.audit.AuditSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @TempDir private Path temp;

  private static Settings of(String... variables) {
    var env = new HashMap<String, String>();
    for (String variable : variables) {
      int equals = variable.indexOf('=');
      env.put(variable.substring(0, equals), variable.substring(equals + 1));
    }
    return Settings.fromEnvironment(env);
  }

  @Test
  void the_cache_is_where_the_first_of_three_variables_says() {
    assertThat(of("HOME=/h", "XDG_CACHE_HOME=/x", "IRONCLAW_CACHE=/c").cacheDir())
        .isEqualTo(Path.of("/c"));
    assertThat(of("HOME=/h", "XDG_CACHE_HOME=/x").cacheDir()).isEqualTo(Path.of("/x/ironclaw"));
    assertThat(of("HOME=/h").cacheDir()).isEqualTo(Path.of("/h/.cache/ironclaw"));
  }

  @Test
  void without_a_home_variable_the_password_file_says_where_home_is() {
    assertThat(of().cacheDir())
        .isEqualTo(Path.of(System.getProperty("user.home"), ".cache", "ironclaw"));
  }

  @Test
  void relative_folders_are_refused_or_where_a_specification_says_so_ignored() {
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_CACHE=rel"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("IRONCLAW_CACHE=rel is relative: use an absolute path");
    assertThatThrownBy(() -> of("HOME=rel")).hasMessageContaining("HOME=rel is relative");
    var settings = of("HOME=/h", "XDG_CACHE_HOME=rel", "XDG_RUNTIME_DIR=rel");
    assertThat(settings.cacheDir()).isEqualTo(Path.of("/h/.cache/ironclaw"));
    assertThat(settings.runtimeDir()).isEqualTo(Path.of("/h/.cache/ironclaw/run"));
  }

  @Test
  void a_runtime_folder_that_is_not_there_is_not_made(@TempDir Path there) {
    assertThat(of("HOME=/h", "XDG_RUNTIME_DIR=" + there).runtimeDir())
        .isEqualTo(there.resolve("ironclaw"));
    assertThat(of("HOME=/h", "XDG_RUNTIME_DIR=" + there.resolve("not")).runtimeDir())
        .isEqualTo(Path.of("/h/.cache/ironclaw/run"));
  }

  @Test
  void the_audit_is_kept_where_state_is_unless_told_otherwise() {
    assertThat(of("HOME=/h").audit().orElseThrow().folder())
        .isEqualTo(Path.of("/h/.local/state/ironclaw/audit"));
    var settings =
        of("HOME=/h", "XDG_STATE_HOME=/s", "IRONCLAW_AUDIT_KEY=/k").audit().orElseThrow();
    assertThat(settings.folder()).isEqualTo(Path.of("/s/ironclaw/audit"));
    assertThat(settings.keyFolder()).isEqualTo(Path.of("/k"));
    assertThat(of("HOME=/h", "IRONCLAW_AUDIT=/a").audit().orElseThrow().folder())
        .isEqualTo(Path.of("/a"));
    assertThat(of("HOME=/h", "IRONCLAW_AUDIT=off").audit()).isEmpty();
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_AUDIT=rel"))
        .hasMessageContaining("use an absolute path");
  }

  @Test
  void a_configuration_says_how_the_audit_is_kept_and_no_variable_takes_it_away() throws Exception {
    Path file =
        Files.writeString(
            temp.resolve("ironclaw.toml"),
            """
            [audit]
            folder = "/var/log/ironclaw"
            fsync = "every"
            full = "stop"
            size_mib = 1024
            file_mib = 64
            memory_entries = 500
            anchors = ["syslog", "file:/mnt/x", "command:/usr/bin/ots stamp"]
            """);
    var settings = of("HOME=/h", "IRONCLAW_CONFIG=" + file).audit().orElseThrow();
    assertThat(settings.folder()).isEqualTo(Path.of("/var/log/ironclaw"));
    assertThat(settings.fsync()).isEqualTo(AuditSettings.Fsync.EVERY);
    assertThat(settings.whenFull()).isEqualTo(AuditSettings.WhenFull.STOP);
    assertThat(settings.mostBytes()).isEqualTo(1L << 30);
    assertThat(settings.segmentBytes()).isEqualTo(64L << 20);
    assertThat(settings.memoryEntries()).isEqualTo(500);
    assertThat(settings.anchors()).hasSize(3);
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_AUDIT=off", "IRONCLAW_CONFIG=" + file))
        .hasMessageContaining("the configuration has an [audit]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fsync = 'often'|fsync = often is not known: use every or interval or none",
        "full = 1|full is no text",
        "folder = 'rel'|use an absolute path",
        "size_mib = 0|a whole number, 1 to",
        "memory_entries = 5|use 100 to 1000000",
        "size_mib = 16|at least twice",
        "anchors = ['stdout']|ironclaw audit checkpoint",
        "anchors = 'syslog'|anchors is no list",
        "colour = 'red'|audit.colour, which is not known"
      })
  void a_table_of_the_audit_that_is_wrong_is_refused(String line, String why) throws Exception {
    Path file =
        Files.writeString(temp.resolve("c.toml"), "[audit]\n" + line.replace('\'', '"') + "\n");
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_CONFIG=" + file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @Test
  void values_that_are_not_known_are_refused_with_those_that_are() {
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_ACCEL=bogus"))
        .hasMessage("IRONCLAW_ACCEL=bogus is not known: use emulated or kvm");
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_JAIL=off"))
        .hasMessage("IRONCLAW_JAIL=off is not known: use bubblewrap or none");
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_JAIL_UIDS=0-5"))
        .hasMessageContaining("0 is root's");
    assertThatThrownBy(() -> of("HOME=/h", "IRONCLAW_TEMPLATES=no"))
        .hasMessage("IRONCLAW_TEMPLATES=no is not known: use off or on");
    assertThat(of("HOME=/h", "IRONCLAW_ACCEL=kvm").acceleration()).contains(Acceleration.KVM);
    assertThat(of("HOME=/h", "IRONCLAW_ACCEL=emulated").acceleration())
        .contains(Acceleration.EMULATED);
    assertThat(of("HOME=/h").acceleration()).isEmpty();
    assertThat(of("HOME=/h", "IRONCLAW_TEMPLATES=off").templates()).isFalse();
  }

  @Test
  void a_value_that_java_could_not_decode_is_refused() {
    for (var variable : Map.of("HOME", "/h\ufffd", "IRONCLAW_CACHE", "/c\ufffd").entrySet()) {
      assertThatThrownBy(() -> of(variable.getKey() + "=" + variable.getValue()))
          .hasMessage(variable.getKey() + " is no UTF-8 text: set it to another value");
    }
  }

  private Assurance required(String variable, String config) throws Exception {
    Path home = Files.createTempDirectory(temp, "home");
    Path folder = Files.createDirectories(home.resolve(".config").resolve("ironclaw"));
    Files.writeString(folder.resolve("ironclaw.toml"), config);
    return Settings.fromEnvironment(Map.of("HOME", home.toString(), "IRONCLAW_REQUIRE", variable))
        .required();
  }

  @Test
  void what_is_required_is_what_the_variable_and_the_configuration_demand_together()
      throws Exception {
    assertThat(required("", "")).isEqualTo(Assurance.ANY);
    assertThat(required("own-uid", "require = [\"jailed\", \"cgroup-memory\"] # all of it\n"))
        .isEqualTo(
            Assurance.of(
                Assurance.Demand.OWN_UID, Assurance.Demand.JAILED, Assurance.Demand.CGROUP_MEMORY));
  }

  @Test
  void rules_of_a_network_are_named_once_and_used_by_their_name() throws Exception {
    var text =
        """
        [network.python]
        allow = ["pypi.org", "files.pythonhosted.org:443"]
        [network.inner]
        allow = ["10.1.0.0/16:5432"]
        deny = ["10.1.2.0/24"]
        """;
    Path file = Files.writeString(temp.resolve("sets.toml"), text);
    var settings = Settings.fromEnvironment(Map.of("IRONCLAW_CONFIG", file.toString()));
    assertThat(settings.networkSets().keySet()).containsExactlyInAnyOrder("python", "inner");
    assertThat(settings.networkSets().get("python").allow())
        .extracting(Object::toString)
        .containsExactly("pypi.org:443", "files.pythonhosted.org:443");
    assertThat(settings.networkSets().get("inner").deny())
        .extracting(Object::toString)
        .containsExactly("10.1.2.0/24");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "require = 'jailed' | has no list of names",
        "require = [] | has no list of names",
        "require = [1] | has no list of names",
        "require = ['jailed', 'nothing'] | \"nothing\" is not valid: use any, or with commas",
        "requires = ['jailed'] | has requires, which is not known",
        "require = [ | is no TOML",
        "[network.x]\\nallows = ['a.org'] | has network.x.allows, which is not known; there is"
            + " allow",
        "[network.x]\\nallow = ['a b'] | network.x.allow: \"a b\" is no rule",
        "[network.x]\\nallow = 'a.org' | has no list of rules as network.x.allow",
        "[network.X]\\nallow = ['a.org'] | has network.X, which is no set of rules",
        "network = 7 | has network, which is no table",
        "= | is no TOML",
      })
  void a_configuration_that_is_wrong_is_refused_and_not_half_taken(String config, String why) {
    assertThatThrownBy(() -> required("", config.replace('\'', '"').replace("\\n", "\n")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ironclaw.toml")
        .hasMessageContaining(why)
        .hasMessageNotContaining("\n");
  }

  @Test
  void a_configuration_that_everybody_can_write_or_that_was_named_and_is_not_there_is_refused()
      throws Exception {
    Path file = Files.writeString(temp.resolve("mine.toml"), "require = [\"jailed\"]");
    var env = Map.of("HOME", temp.toString(), "IRONCLAW_CONFIG", file.toString());
    assertThat(Settings.fromEnvironment(env).required().demands())
        .containsExactly(Assurance.Demand.JAILED);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThatThrownBy(() -> Settings.fromEnvironment(env)).hasMessageContaining("chmod o-w");
    Files.delete(file);
    assertThatThrownBy(() -> Settings.fromEnvironment(env))
        .hasMessageContaining("mine.toml can't be read");
  }
}
