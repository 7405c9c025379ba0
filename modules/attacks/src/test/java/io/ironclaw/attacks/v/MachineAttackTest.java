package io.ironclaw.attacks.v;

import static io.ironclaw.attacks.Victims.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import io.ironclaw.api.ImageException;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.InvalidVmIdException;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.VmDiedException;
import io.ironclaw.api.VmId;
import io.ironclaw.attacks.Victims;
import io.ironclaw.sandbox.LocalIronClaw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest's root against its machine, and a neighbour against the hypervisor's process. */
@Tag("vm")
@Timeout(120)
class MachineAttackTest {
  /** Two files of 128 KiB, and the write that was one too many. */
  private static final long MOST_LOG = 2 * 131_072 + 65_536;

  private static IronClaw ironclaw = LocalIronClaw.start(Victims.SETTINGS);

  @BeforeAll
  static void start() {
    ironclaw = LocalIronClaw.start(Victims.SETTINGS);
  }

  @AfterAll
  static void close() {
    ironclaw.close();
  }

  @Test
  void v3_a_link_or_a_folder_of_others_planted_in_the_run_folder_is_refused(@TempDir Path elsewhere)
      throws Exception {
    ironclaw.open().close();
    var spec = SandboxSpec.fresh();
    Path planted = Victims.SETTINGS.runtimeDir().resolve(spec.id().value());
    Files.createSymbolicLink(planted, elsewhere);
    try {
      assertThatThrownBy(() -> ironclaw.open(spec)).isInstanceOf(HostException.class);
      assertThat(elsewhere).isEmptyDirectory();
      assertThat(Files.isSymbolicLink(planted)).isTrue();
    } finally {
      Files.delete(planted);
    }
  }

  @Test
  void v4_names_that_could_be_more_than_names_are_refused() {
    for (var name :
        List.of("../../x", "", "x".repeat(300), "a\0b", "vm-\u00e9", "vm_1", "VM-1", "-a", "a/b")) {
      assertThatThrownBy(() -> new VmId(name)).isInstanceOf(InvalidVmIdException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"b", "c", "o"})
  void v5_a_reboot_a_panic_and_a_power_off_end_the_vm_with_a_typed_error(String key)
      throws Exception {
    var sandbox = ironclaw.open();
    var hypervisor = Victims.hypervisor(sandbox);
    assertThatThrownBy(() ->
            sh(
                sandbox,
                "echo 1 >/proc/sys/kernel/sysrq; echo " + key + " >/proc/sysrq-trigger; sleep 60"))
        .isInstanceOf(VmDiedException.class);
    assertThat(hypervisor.onExit().get(5, TimeUnit.SECONDS).isAlive()).isFalse();
    sandbox.close();
    assertThat(Victims.folder(sandbox)).doesNotExist();
  }

  @Test
  void v6_a_flood_on_the_console_leaves_files_of_bounded_size() throws Exception {
    try (var sandbox = ironclaw.open()) {
      sh(sandbox, "timeout 5 sh -c 'yes flood >/dev/ttyS0'");
      Path logs = Victims.SETTINGS.stateDir().resolve("logs");
      long size = 0;
      for (var half : List.of(".log", ".log.1")) {
        Path file = logs.resolve(sandbox.id() + half);
        size += Files.exists(file) ? Files.size(file) : 0;
      }
      assertThat(size).isPositive().isLessThanOrEqualTo(MOST_LOG);
      assertThat(sandbox.consoleTail()).contains("flood").hasSizeLessThanOrEqualTo(4_096);
      assertThat(sh(sandbox, "echo alive").stdout()).isEqualTo("alive\n");
    }
  }

  @Test
  void v7_root_of_a_guest_changes_neither_the_image_nor_another_guest() throws Exception {
    try (var attacker = ironclaw.open();
        var other = ironclaw.open()) {
      Path image = Path.of("/proc/" + Victims.hypervisor(attacker).pid() + "/root/vm/root");
      var before = Files.getLastModifiedTime(image);
      var tried =
          sh(
              attacker,
              "for d in /dev/vda /dev/mem /dev/port; do dd if=/dev/zero of=$d bs=4096 count=1"
                  + " 2>/dev/null && echo wrote $d; done; mknod /root/disk b 254 0 && dd"
                  + " if=/dev/zero of=/root/disk bs=4096 count=1 conv=fsync 2>/dev/null && echo"
                  + " wrote disk; mount -o remount,rw / ; echo done");
      assertThat(tried.stdout()).doesNotContain("wrote /dev/vda").doesNotContain("wrote disk");
      assertThat(Files.getLastModifiedTime(image)).isEqualTo(before);
      assertThat(sh(other, "ls /usr/bin/python3").stdout()).isEqualTo("/usr/bin/python3\n");
    }
  }

  @Test
  void v8_an_image_that_is_none_is_refused_before_a_vm_is_started(@TempDir Path folder)
      throws IOException {
    Path text = Files.writeString(folder.resolve("image"), "not an image");
    Path half = Files.write(folder.resolve("half"), new byte[] {'h', 's', 'q', 's'});
    for (var image : List.of(text, half)) {
      long children = ProcessHandle.current().children().count();
      assertThatThrownBy(
              () -> ironclaw.open(SandboxSpec.fresh().withImage(new ImageRef.File(image))))
          .isInstanceOf(ImageException.CorruptArtifact.class);
      assertThat(ProcessHandle.current().children().count()).isLessThanOrEqualTo(children);
    }
  }

  @Test
  void v9_a_stopped_hypervisor_holds_up_nobody_else_and_can_be_closed() throws Exception {
    var stopped = ironclaw.open();
    try (var other = ironclaw.open()) {
      Victims.signal("STOP", Victims.hypervisor(stopped).pid());
      assertThat(sh(other, "echo on").stdout()).isEqualTo("on\n");
      ironclaw.open().close();
      var closing =
          new FutureTask<>(() -> {
            stopped.close();
            return true;
          });
      Thread.ofVirtual().start(closing);
      assertThat(closing.get(Duration.ofSeconds(8).toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    }
  }
}
