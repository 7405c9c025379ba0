package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The choice of a driver, as far as it needs none. */
class HypervisorsTest {
  @TempDir Path temp;

  private Settings settings(String... variables) {
    var environment =
        new TreeMap<>(
            Map.of("HOME", temp.toString(), "PATH", "/nowhere", "IRONCLAW_CACHE", "" + temp));
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return Settings.fromEnvironment(environment);
  }

  private BootImage image() throws Exception {
    var file = Artifact.of(Files.write(temp.resolve("file"), new byte[] {1}));
    return new BootImage(
        file,
        file,
        file,
        RootfsType.SQUASHFS,
        "6",
        Digest.of(new byte[0]),
        new ImageConfig(List.of()));
  }

  private void assertRefused(Settings settings, String why) throws Exception {
    var image = image();
    assertThatThrownBy(() -> new Hypervisors(settings).choose(image, _ -> List.of()))
        .isInstanceOf(HypervisorMissingException.class)
        .hasMessageContainingAll("Firecracker is asked for and can't be used", why);
  }

  @Test
  void firecracker_that_is_asked_for_and_can_not_be_used_is_told_with_the_reason()
      throws Exception {
    assertRefused(
        settings("IRONCLAW_HYPERVISOR", "firecracker", "IRONCLAW_ACCEL", "emulated"),
        "does not emulate");
    assertRefused(
        settings("IRONCLAW_HYPERVISOR", "firecracker", "IRONCLAW_JAIL", "none"),
        "without its jailer");
  }

  @Test
  void auto_goes_on_to_qemu_where_firecracker_can_not_be_used() throws Exception {
    var image = image();
    var settings = settings("IRONCLAW_ACCEL", "emulated");
    assertThat(settings.drivers().wanted()).isEqualTo(Drivers.Wanted.AUTO);
    assertThatThrownBy(() -> new Hypervisors(settings).choose(image, _ -> List.of()))
        .isInstanceOf(HypervisorMissingException.class)
        .hasMessageContaining("no QEMU: qemu-system-x86_64 is not on PATH");
  }

  @Test
  void where_an_installed_one_is_looked_for_is_the_users_data() {
    assertThat(settings().drivers().installed())
        .isEqualTo(temp.resolve(".local/share/ironclaw/firecracker"));
    assertThat(settings("XDG_DATA_HOME", "/data").drivers().installed())
        .isEqualTo(Path.of("/data/ironclaw/firecracker"));
  }
}
