package io.ironclaw.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDirTest {
  @TempDir Path temp;

  private Path folder(String mode) throws Exception {
    Path dir = Files.createTempDirectory(temp, "d");
    return Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString(mode));
  }

  private static boolean isRoot() throws Exception {
    return Files.getAttribute(Path.of("/proc/self/stat"), "unix:uid").equals(0);
  }

  /** A folder of somebody else: made so by root, found so by others. */
  private Path anothers() throws Exception {
    if (!isRoot()) {
      return Path.of("/proc/1");
    }
    Path dir = folder("rwx------");
    Files.setAttribute(dir, "unix:uid", 12_345);
    return dir;
  }

  @Test
  void the_owner_is_compared_by_number_so_users_without_a_name_count_too() throws Exception {
    Path dir = anothers();
    for (var check :
        new org.assertj.core.api.ThrowableAssert.ThrowingCallable[] {
          () -> PrivateDir.check(dir), () -> PrivateDir.ensure(dir)
        }) {
      assertThatThrownBy(check)
          .isInstanceOf(HostException.class)
          .hasMessageContaining(dir + " belongs to ")
          .hasMessageContaining("IRONCLAW_CACHE");
    }
  }

  @Test
  void the_reason_fits_the_mode() throws Exception {
    assertThatThrownBy(() -> PrivateDir.check(folder("rwxr-x---")))
        .hasMessageContaining("is open to others (rwxr-x---)");
    assertThatThrownBy(() -> PrivateDir.check(folder("r-x------")))
        .hasMessageContaining("can't be used by its owner (r-x------)");
    PrivateDir.check(folder("rwx------"));
  }

  @Test
  void what_others_could_change_is_not_trusted_and_what_they_can_only_read_is() throws Exception {
    PrivateDir.checkTrusted(folder("rwxr-xr-x"));
    PrivateDir.checkTrusted(temp.resolve("not there"));
    assertThatThrownBy(() -> PrivateDir.checkTrusted(folder("rwxrwxr-x")))
        .hasMessageContaining("run: chmod go-w");
    if (isRoot()) {
      Path dir = anothers();
      assertThatThrownBy(() -> PrivateDir.checkTrusted(dir)).hasMessageContaining("uid 12345");
    } else {
      PrivateDir.checkTrusted(Path.of("/proc/1"));
    }
    assertThat(temp).exists();
  }
}
