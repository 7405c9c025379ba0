package io.ironclaw.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class VmDirTest {
  private static final MachineId ID = new MachineId("vm-1");

  @TempDir Path temp;

  @Test
  void the_folder_is_private_and_gone_with_the_vm() throws Exception {
    Path runtime = temp.resolve("run");
    Path path;
    try (var dir = VmDir.create(runtime, ID)) {
      path = dir.path();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
      Files.createDirectory(path.resolve("sub"));
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void the_id_of_a_living_vm_is_refused() throws Exception {
    try (var dir = VmDir.create(temp.resolve("run"), ID)) {
      assertThatThrownBy(() -> VmDir.create(temp.resolve("run"), ID))
          .isInstanceOf(HostException.class)
          .hasMessageContaining("VM vm-1 exists already");
      assertThat(dir.path()).exists();
    }
  }

  @Test
  void asking_again_does_not_open_the_folder_to_another_process() throws Exception {
    Path runtime = temp.resolve("run");
    try (var dir = VmDir.create(runtime, ID)) {
      assertThatThrownBy(() -> VmDir.create(runtime, ID)).hasMessageContaining("exists already");
      assertThat(inAnotherProcess(runtime)).contains("VM vm-1 exists already");
      assertThat(dir.path()).exists();
    }
    assertThat(inAnotherProcess(runtime)).isEqualTo("created");
  }

  private static String inAnotherProcess(Path runtime) throws IOException {
    var child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                runtime.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out = child.getInputStream()) {
      return new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
    } finally {
      child.destroyForcibly();
    }
  }

  /** Tries to take the same id, and says what came of it. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] args) throws Exception {
      try (var dir = VmDir.create(Path.of(args[0]), ID)) {
        System.out.println(dir.path().toFile().isDirectory() ? "created" : "nothing");
      } catch (HostException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void what_a_crash_left_is_cleared() throws Exception {
    Path runtime = temp.resolve("run");
    VmDir.create(runtime, new MachineId("other")).close();
    Path left = runtime.resolve("vm-1");
    Files.createDirectory(
        left, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.writeString(left.resolve("qmp.sock"), "stale");
    try (var dir = VmDir.create(runtime, ID)) {
      assertThat(dir.path().resolve("qmp.sock")).doesNotExist();
    }
  }

  @Test
  void a_link_planted_in_its_place_is_refused_and_its_target_is_safe() throws Exception {
    Path runtime = temp.resolve("run");
    VmDir.create(runtime, new MachineId("other")).close();
    Path victim = Files.createDirectory(temp.resolve("victim"));
    Files.writeString(victim.resolve("file"), "precious");
    Files.createSymbolicLink(runtime.resolve("vm-1"), victim);
    assertThatThrownBy(() -> VmDir.create(runtime, ID)).hasMessageContaining("is no folder");
    assertThat(victim.resolve("file")).hasContent("precious");
  }

  @Test
  void a_socket_path_that_the_system_can_not_take_is_refused_with_its_length() {
    Path deep = temp.resolve("d".repeat(100));
    assertThatThrownBy(() -> VmDir.create(deep, ID))
        .hasMessageContaining("the system allows 107")
        .hasMessageContaining("XDG_RUNTIME_DIR");
  }

  @Test
  void folders_of_dead_owners_are_swept_and_those_of_living_ones_are_not() throws Exception {
    Path runtime = temp.resolve("run");
    try (var mine = VmDir.create(runtime, ID)) {
      for (String name : new String[] {"vm-dead", "vm-empty"}) {
        Files.createDirectory(runtime.resolve(name));
      }
      Files.createFile(runtime.resolve("vm-dead/lock"));
      Files.createDirectories(runtime.resolve("vm-dead/sub/folder"));
      Path foreign = Files.createDirectory(runtime.resolve("Not a VM"));
      Path files = Files.createDirectory(runtime.resolve("files"));
      Files.createFile(files.resolve("mine"));
      assertThat(VmDir.sweep(runtime)).isEqualTo(2);
      assertThat(runtime.resolve("vm-dead")).doesNotExist();
      assertThat(mine.path()).exists();
      assertThat(foreign).exists();
      assertThat(files).exists();
    }
    assertThat(VmDir.sweep(runtime)).isZero();
    assertThat(VmDir.sweep(temp.resolve("not there"))).isZero();
  }

  @Test
  @Timeout(30)
  void the_lock_is_the_last_of_a_folder_to_go_so_a_removal_that_is_cut_off_is_swept()
      throws Exception {
    var removed = new ArrayList<String>();
    try (var watcher = FileSystems.getDefault().newWatchService()) {
      var dir = VmDir.create(temp.resolve("run"), ID);
      for (int i = 0; i < 20; i++) {
        Files.createFile(dir.path().resolve("a" + i));
        Files.createFile(dir.path().resolve("z" + i));
      }
      dir.path().register(watcher, StandardWatchEventKinds.ENTRY_DELETE);
      dir.close();
      var key = watcher.take();
      do {
        key.pollEvents().forEach(event -> removed.add(String.valueOf(event.context())));
      } while (key.reset());
      // What came between the last look and the folder's end.
      key.pollEvents().forEach(event -> removed.add(String.valueOf(event.context())));
    }
    assertThat(removed).hasSize(41).endsWith("lock");
  }

  @Test
  void whatever_is_in_a_folder_at_its_end_goes_with_it_and_its_name_is_free() throws Exception {
    Path runtime = temp.resolve("run");
    VmDir.create(runtime, ID).close();
    // Whatever is in it at the end, even in its lock's place.
    try (var dir = VmDir.create(runtime, ID)) {
      Files.delete(dir.path().resolve("lock"));
      Files.createDirectory(dir.path().resolve("lock"));
    }
    assertThat(runtime.resolve(ID.value())).doesNotExist();
    VmDir.create(runtime, ID).close();
  }
}
