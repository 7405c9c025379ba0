package io.ironclaw.sandbox;

import static io.ironclaw.sandbox.RealVms.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.HypervisorMissingException;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.Jail;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmStartException;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.ImageStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How a sandbox comes up, and what is left when it does not: with a cache of its own, whose images
 * are those of the user's cache. No test leaves a process or a VM's folder behind.
 */
@Tag("vm")
@Timeout(180)
class SandboxStartVmTest {
  private static final Settings USERS = RealVms.settings();
  private static final int SUPERBLOCK = 96;
  private static final int BYTES_USED = 40;

  @TempDir Path temp;
  private final List<String> progress = new CopyOnWriteArrayList<>();
  private Consumer<String> onProgress = _ -> {};
  private Set<Long> childrenBefore = Set.of();
  private Path cache = Path.of("unset");
  private Path run = Path.of("unset");

  @BeforeEach
  void make_a_cache() throws Exception {
    // The comma shows that QEMU is given paths as they are.
    cache = Files.createDirectory(temp.resolve("cache,readonly=off"));
    run = temp.resolve("run,x");
    usersImage();
    Path manifests = Files.createDirectory(cache.resolve("manifests"));
    try (var files = Files.list(USERS.cacheDir().resolve("manifests"))) {
      for (var file : files.toList()) {
        Files.copy(file, manifests.resolve(file.getFileName()));
      }
    }
    // Its manifests say where files are in it.
    Files.createSymbolicLink(cache.resolve("blobs"), USERS.cacheDir().resolve("blobs"));
    childrenBefore = children();
  }

  /** The image of the user's cache, built now if need be. */
  private static BootImage usersImage() throws Exception {
    try (var ironclaw = LocalIronClaw.start(USERS)) {
      ironclaw.open(spec(ImageRef.DEFAULT)).close();
    }
    return new ImageStore(
            USERS.cacheDir(),
            AgentBinary.packaged(),
            EventSink.none(),
            (_, _, _) -> {
              throw new AssertionError("it is built already");
            })
        .prepare(ImageRef.DEFAULT);
  }

  @AfterEach
  void nothing_is_left() throws Exception {
    assertThat(children()).as("processes").isSubsetOf(childrenBefore);
    if (Files.exists(run)) {
      try (var left = Files.list(run)) {
        assertThat(left.filter(Files::isDirectory)).as("folders of VMs").isEmpty();
      }
    }
  }

  /** What is left is looked at before the sandboxes' owner is closed, which would clear it away. */
  private AbstractThrowableAssert<?, ? extends Throwable> assertOpenFails(
      IronClaw ironclaw, SandboxSpec spec) throws Exception {
    var failure = catchThrowable(() -> ironclaw.open(spec));
    nothing_is_left();
    return assertThat(failure);
  }

  private static Set<Long> children() {
    return ProcessHandle.current()
        .children()
        .filter(ProcessHandle::isAlive)
        .map(ProcessHandle::pid)
        .collect(Collectors.toSet());
  }

  private Settings settings(Optional<Path> qemu, boolean templates) {
    return new Settings(
        cache,
        run,
        Drivers.qemu(qemu),
        USERS.searchPath(),
        templates,
        USERS.acceleration(),
        // What stands in for QEMU is a script.
        qemu.isPresent() ? Jail.NONE : USERS.jail(),
        USERS.seccomp(),
        USERS.jailUids(),
        io.ironclaw.api.Assurance.ANY,
        Optional.empty(),
        java.util.Map.of(),
        Optional.empty());
  }

  private IronClaw start(Settings settings) {
    var ironclaw = LocalIronClaw.start(settings);
    var _ =
        ironclaw
            .events()
            .subscribe(
                Event.Notice.class,
                notice -> {
                  progress.add(notice.text());
                  onProgress.accept(notice.text());
                });
    return ironclaw;
  }

  private Settings settings() {
    return settings(USERS.drivers().qemu(), true);
  }

  private static SandboxSpec spec(ImageRef image) {
    return SandboxSpec.fresh().withImage(image);
  }

  /** A program in QEMU's place: it has QEMU's version, and this body instead of a machine. */
  private Path standIn(String body) throws IOException {
    Path file = temp.resolve("qemu");
    Files.writeString(
        file,
        """
        #!/bin/sh
        [ "$1" != --version ] || { echo 'QEMU emulator version 7.2.22'; exit 0; }
        """
            + body);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void assertWorks(Sandbox vm) throws Exception {
    var out = sh(vm, "hostname; date +%s%N").stdout().lines().toList();
    assertThat(out.getFirst()).isEqualTo(vm.id().value());
    long error = System.currentTimeMillis() - Long.parseLong(out.get(1)) / 1_000_000;
    assertThat(Math.abs(error)).isLessThan(500);
    assertThat(sh(vm, "exit 5").outcome().shellStatus()).isEqualTo(5);
  }

  private Path templates() {
    return cache.resolve("templates");
  }

  @Test
  void without_templates_a_vm_boots_cold_and_has_its_name_the_time_and_runs_commands()
      throws Exception {
    try (var ironclaw = start(settings(USERS.drivers().qemu(), false));
        var vm = ironclaw.open(RealVms.spec())) {
      assertThat(vm.spawn().how()).isEqualTo(SpawnReport.How.COLD_BOOT);
      assertWorks(vm);
      assertThat(templates()).doesNotExist();
    }
  }

  @Test
  void a_template_with_a_flipped_bit_is_said_to_be_broken_and_built_again() throws Exception {
    try (var ironclaw = start(settings())) {
      ironclaw.open(RealVms.spec()).close();
      flipABit();
      try (var vm = ironclaw.open(RealVms.spec())) {
        assertThat(vm.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
        assertWorks(vm);
      }
    }
    assertThat(progress)
        .anyMatch(l -> l.contains("is broken: memory has checksum"))
        .filteredOn(l -> l.startsWith("building the template"))
        .hasSize(2);
  }

  private void flipABit() throws IOException {
    try (var folders = Files.list(templates())) {
      Path memory = folders.filter(Files::isDirectory).findFirst().orElseThrow().resolve("memory");
      try (var file = new RandomAccessFile(memory.toFile(), "rw")) {
        long at = file.length() / 3;
        file.seek(at);
        int old = file.read();
        file.seek(at);
        file.write(old ^ 0x10);
      }
    }
  }

  @Test
  void a_template_that_is_removed_while_a_clone_opens_it_is_built_again() throws Exception {
    Path gone = temp.resolve("gone");
    var qemu =
        standIn(
            """
            case "$*" in *-incoming*) [ -e '%1$s' ] || {
              mkdir '%1$s'
              mv '%2$s'/*[0-9a-f] '%1$s'
            } ;; esac
            exec qemu-system-x86_64 "$@"
            """
                .formatted(gone, templates()));
    try (var ironclaw = start(settings(Optional.of(qemu), true));
        var vm = ironclaw.open(RealVms.spec())) {
      assertThat(vm.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
      assertWorks(vm);
    }
    assertThat(gone).isNotEmptyDirectory();
    assertThat(progress)
        .contains("the template was removed meanwhile, trying again")
        .filteredOn(l -> l.startsWith("building the template"))
        .hasSize(2);
  }

  @Test
  void an_image_with_garbage_behind_its_superblock_fails_with_the_consoles_last_words()
      throws Exception {
    Path image = temp.resolve("broken.squashfs");
    var bytes = ByteBuffer.allocate(1 << 18).order(ByteOrder.LITTLE_ENDIAN);
    new Random(21).nextBytes(bytes.array());
    try (var real = FileChannel.open(usersImage().rootfs())) {
      real.read(bytes.limit(SUPERBLOCK));
    }
    bytes.clear().putLong(BYTES_USED, bytes.capacity());
    Files.write(image, bytes.array());
    try (var ironclaw = start(settings())) {
      assertOpenFails(ironclaw, spec(new ImageRef.File(image)))
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("VM did not start")
          .hasMessageContaining("its console said last")
          .hasMessageContaining("ironclaw-agent: mount the root image: Invalid argument");
    }
    assertNoTemplate();
  }

  private void assertNoTemplate() throws IOException {
    try (var left = Files.list(templates())) {
      assertThat(left).allMatch(p -> p.toString().endsWith(".lock"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "no-network-device | exec QEMU \"$@\" -netdev hubport,id=n,hubid=0 -device"
            + " virtio-net-device,netdev=n",
        "disks | exec QEMU \"$@\" -drive if=none,id=w,format=raw,file=WRITABLE",
        "devices | exec QEMU \"$@\" -device virtio-rng-device",
        "devices | exec QEMU \"$@\" -chardev null,id=more",
        "process-limits | exec prlimit --nofile=200 QEMU \"$@\"",
      })
  void a_real_qemu_that_is_not_as_it_should_be_makes_no_vm_neither_cloned_nor_booted(
      String item, String body) throws Exception {
    var real =
        USERS.drivers().qemu().or(() -> HostTool.find("qemu-system-x86_64", USERS.searchPath()));
    Path writable = Files.write(temp.resolve("writable"), new byte[1 << 16]);
    var qemu =
        standIn(
            body.replace("QEMU", real.orElseThrow().toString())
                .replace("WRITABLE", writable.toString()));
    try (var ironclaw = start(settings(Optional.of(qemu), true))) {
      assertOpenFails(ironclaw, RealVms.spec())
          .isInstanceOf(ProofException.class)
          .hasMessageContaining(item + " is not proven");
    }
    // What the host does is not the template's fault.
    assertThat(progress).noneMatch(line -> line.startsWith("the template can't be restored"));
  }

  @Test
  void a_qemu_that_ends_at_once_is_told_at_once_with_its_words() throws Exception {
    var qemu = standIn("echo 'qemu: -accel tcg: invalid accelerator' >&2; exit 1\n");
    long start = System.nanoTime();
    try (var ironclaw = start(settings(Optional.of(qemu), true))) {
      assertOpenFails(ironclaw, RealVms.spec())
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("VM did not start: QEMU ended with status 1; ")
          .hasMessageContaining("qemu: -accel tcg: invalid accelerator");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(progress).noneMatch(l -> l.contains("trying again"));
    assertNoTemplate();
  }

  @Test
  void a_qemu_that_is_killed_while_it_starts_is_told_with_its_status() throws Exception {
    var qemu = standIn("kill -9 $$\n");
    try (var ironclaw = start(settings(Optional.of(qemu), true))) {
      assertOpenFails(ironclaw, RealVms.spec())
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("QEMU ended with status 137; its console said nothing");
    }
  }

  @Test
  void a_qemu_that_never_connects_is_given_up_and_ended() throws Exception {
    var qemu = standIn("echo waiting; exec sleep 1000\n");
    try (var ironclaw = start(settings(Optional.of(qemu), false))) {
      assertOpenFails(ironclaw, RealVms.spec())
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll("did not connect to " + run, "within 10000 ms", "waiting");
    }
  }

  @Test
  void no_qemu_on_the_path_is_told_with_the_fix() throws Exception {
    var bare =
        new Settings(
            cache,
            run,
            Drivers.qemu(Optional.empty()),
            "/no/such",
            true,
            Optional.of(io.ironclaw.api.Acceleration.EMULATED),
            USERS.jail(),
            USERS.seccomp(),
            USERS.jailUids(),
            io.ironclaw.api.Assurance.ANY,
            Optional.empty(),
            java.util.Map.of(),
            Optional.empty());
    try (var ironclaw = start(bare)) {
      assertOpenFails(ironclaw, RealVms.spec())
          .isInstanceOf(HypervisorMissingException.class)
          .hasMessageContainingAll("not on PATH", "apt-get install qemu-system-x86");
    }
  }

  @Test
  void an_id_in_use_is_refused_and_its_vm_goes_on() throws Exception {
    var spec = RealVms.spec();
    try (var ironclaw = start(settings(USERS.drivers().qemu(), false));
        var other = start(settings(USERS.drivers().qemu(), false));
        var vm = ironclaw.open(spec)) {
      for (var again : List.of(ironclaw, other)) {
        assertThatThrownBy(() -> again.open(spec))
            .isInstanceOf(HostException.class)
            .hasMessageContaining("VM " + spec.id() + " exists already");
      }
      assertThat(run.resolve(spec.id().value())).isDirectory();
      assertWorks(vm);
    }
  }

  @Test
  void without_space_for_a_template_a_vm_boots_cold_and_says_why() throws Exception {
    withSmallTemplateDisk(
        "32m",
        () -> {
          try (var ironclaw = start(settings());
              var vm = ironclaw.open(RealVms.spec())) {
            assertThat(vm.spawn().how()).isEqualTo(SpawnReport.How.COLD_BOOT);
            assertWorks(vm);
          }
          assertThat(progress)
              .anyMatch(l -> l.startsWith("no template, booting cold: no disk space"));
          assertNoTemplate();
        });
  }

  @Test
  void a_disk_that_fills_up_under_a_template_in_the_making_means_a_cold_boot_too()
      throws Exception {
    withSmallTemplateDisk(
        "400m",
        () -> {
          onProgress =
              line -> {
                if (line.startsWith("building the template")) {
                  fill(templates().resolve("filler.lock"), 370);
                }
              };
          try (var ironclaw = start(settings());
              var vm = ironclaw.open(RealVms.spec())) {
            assertThat(vm.spawn().how()).isEqualTo(SpawnReport.How.COLD_BOOT);
            assertWorks(vm);
          }
          assertThat(progress).anyMatch(l -> l.startsWith("no template, booting cold: "));
          assertNoTemplate();
        });
  }

  @Test
  void a_full_disk_under_the_run_folder_leaves_no_folder_and_no_name_in_use() throws Exception {
    PrivateDir.ensure(run);
    withDisk(
        run,
        // What the folder of one VM takes, and little more.
        "size=64k,nr_inodes=12",
        () -> {
          var fillers = new ArrayList<Path>();
          try {
            while (true) {
              fillers.add(Files.createFile(run.resolve("filler" + fillers.size())));
            }
          } catch (IOException _) {
            // It is full.
          }
          var spec = spec(ImageRef.DEFAULT);
          try (var ironclaw = start(settings())) {
            for (int i = 0; i < 2; i++) {
              assertThatThrownBy(() -> ironclaw.open(spec))
                  .isInstanceOf(HostException.class)
                  .hasMessageContaining("No space left on device");
              assertThat(run.resolve(spec.id().value())).doesNotExist();
            }
            for (var filler : fillers) {
              Files.delete(filler);
            }
            ironclaw.open(spec).close();
          }
        });
  }

  private static void fill(Path file, int mebibytes) {
    var block = ByteBuffer.allocate(1 << 20);
    try (var out =
        FileChannel.open(
            file,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.WRITE)) {
      for (int i = 0; i < mebibytes; i++) {
        out.write(block.clear());
      }
    } catch (IOException _) {
      // It is full already.
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  /** Runs with a file system of its own for templates; needs the right to mount one. */
  private void withSmallTemplateDisk(String size, Body body) throws Exception {
    PrivateDir.ensure(templates());
    withDisk(templates(), "size=" + size, body);
  }

  private static void withDisk(Path folder, String options, Body body) throws Exception {
    int mounted = call("mount", "-t", "tmpfs", "-o", "mode=0700," + options, "none", "" + folder);
    assumeTrue(
        mounted == 0,
        "NOT TESTED: a full disk in " + folder + "; mounting one takes root's rights");
    try {
      body.run();
    } finally {
      assertThat(call("umount", "" + folder)).isZero();
    }
  }

  private static int call(String... argv) throws Exception {
    return new ProcessBuilder(argv).inheritIO().start().waitFor();
  }
}
