package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.HostException;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.Jail;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmException;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageStore;
import io.ironclaw.jail.Launched;
import io.ironclaw.jail.Launcher;
import io.ironclaw.jail.ProcessPlan;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.Ingredient;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Template;
import io.ironclaw.vm.qemu.QemuHypervisor;
import io.ironclaw.vm.qemu.QemuProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real VMs of which just one control is disabled: none is handed out, and the error names the
 * control. What a guest alone can lie about is in {@link SandboxFactoryTest}.
 */
@Tag("vm")
@Timeout(180)
class ProofSabotageVmTest {
  private static final Settings USERS = RealVms.settings();

  @TempDir Path temp;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private Path tools = Path.of("unset");

  @BeforeEach
  void make_room() throws Exception {
    // A jail's user starts what stands in for the jail's tools.
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    tools = Files.createDirectory(temp.resolve("tools"));
    Files.setPosixFilePermissions(tools, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Settings settings(Optional<Path> qemu, boolean templates) {
    return new Settings(
        temp.resolve("cache"),
        temp.resolve("run"),
        Drivers.qemu(qemu),
        tools + ":" + USERS.searchPath(),
        templates,
        Optional.of(Acceleration.EMULATED),
        qemu.isPresent() ? Jail.NONE : Jail.BUBBLEWRAP,
        USERS.seccomp(),
        USERS.jailUids(),
        io.ironclaw.api.Assurance.ANY,
        Optional.empty(),
        java.util.Map.of(),
        Optional.empty());
  }

  private static BootImage image() throws Exception {
    return new ImageStore(
            USERS.cacheDir(),
            AgentBinary.packaged(),
            event -> {},
            (_, _, _) -> {
              throw new AssertionError("it is built already");
            })
        .prepare(ImageRef.DEFAULT);
  }

  /** What is done to a machine's parts. */
  private interface Sabotage {
    /** Something in the place of what starts processes. */
    default Launcher launcher(Launcher real) {
      return real;
    }

    /** Done when a machine has just been started, or cloned. */
    default void started(Optional<Template> unused) throws IOException {}

    /** What the hypervisor is said to run on. */
    default Acceleration acceleration() {
      return Acceleration.EMULATED;
    }
  }

  private static final Sabotage NONE = new Sabotage() {};

  private SandboxFactory factory(Settings settings, Sabotage sabotage) throws Exception {
    PrivateDir.ensure(settings.cacheDir());
    PrivateDir.ensure(settings.runtimeDir());
    var program =
        QemuProgram.find(settings.drivers().qemu(), settings.searchPath(), settings.stateDir());
    var hypervisor =
        new QemuHypervisor(
            program,
            Acceleration.EMULATED,
            settings.seccompInForce(),
            sabotage.launcher(new Hypervisors(settings).launcher()),
            settings.stateDir());
    return new SandboxFactory(
        settings,
        new Hypervisors.Chosen(
            new Sabotaged(hypervisor, sabotage), Optional.empty(), settings.jail()),
        new Proof(AgentBinary.packaged().digest()),
        event -> told.add(event.text()));
  }

  private void assertRefused(String item, Settings settings, BootImage image, Sabotage sabotage)
      throws Exception {
    try (var factory = factory(settings, sabotage)) {
      assertThatThrownBy(() -> factory.open(RealVms.spec(), image, _ -> {}))
          .isInstanceOfSatisfying(
              ProofException.class,
              e -> {
                assertThat(e.item().text()).as(e.getMessage()).isEqualTo(item);
                assertThat(e.getMessage()).contains(e.evidence(), e.item().fix());
              });
    }
    try (var left = Files.list(settings.runtimeDir())) {
      assertThat(left.filter(Files::isDirectory)).as("folders of VMs").isEmpty();
    }
  }

  private void script(String name, String body) throws IOException {
    Path program = tools.resolve(name);
    Files.writeString(program, "#!/bin/bash\n" + body);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A program with other arguments than it was given. */
  private void changed(String name, String change) throws IOException {
    script(
        name,
        """
        n=$#
        while [ $n -gt 0 ]; do
          a=$1; shift; n=$((n - 1))
          %s
          set -- "$@" "$a"
        done
        exec /usr/bin/%s "$@"
        """
            .formatted(change, name));
  }

  @Test
  void with_nothing_disabled_a_vm_is_handed_out_clone_and_cold() throws Exception {
    changed("bwrap", ":");
    changed("setpriv", ":");
    for (boolean templates : new boolean[] {true, false}) {
      try (var factory = factory(settings(Optional.empty(), templates), NONE)) {
        factory.open(RealVms.spec(), image(), _ -> {}).close();
      }
    }
  }

  @ParameterizedTest(name = "{0}: {2}")
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "capabilities ~ bwrap ~ [ \"$a\" != ALL ] || { set -- \"$@\" ALL --cap-add; a=CAP_NET_RAW;"
            + " }",
        "seccomp ~ bwrap ~ [ \"$a\" != --seccomp ] || { exec 4<&-; shift; n=$((n - 1)); continue;"
            + " }",
        "namespaces ~ bwrap ~ [ \"$a\" != --unshare-net ] || continue",
        "namespaces ~ bwrap ~ [ \"$a\" != --unshare-ipc ] || continue",
        "mounts ~ bwrap ~ [ \"$a\" != --remount-ro ] || set -- \"$@\" --ro-bind /etc /etc",
        "mounts ~ bwrap ~ [ \"$a\" != --remount-ro ] || { shift; n=$((n - 1)); continue; }",
        "descriptors ~ bwrap ~ [ $n -gt 0 ] || exec 9</etc/passwd",
        "descriptors ~ bwrap ~ [ $n -gt 0 ] || exec 9<>/dev/udp/127.0.0.1/9",
      })
  void a_jail_that_lacks_a_part_is_no_vm(String item, String tool, String change) throws Exception {
    changed(tool, change);
    assertRefused(item, settings(Optional.empty(), false), image(), NONE);
  }

  @Test
  void a_hypervisor_that_stays_root_is_no_vm() throws Exception {
    assumeTrue(PrivateDir.isRoot(), "NOT TESTED: a user id of its own: started by a user");
    changed("setpriv", "case $a in --reuid|--regid) shift; n=$((n - 1)); continue;; esac");
    assertRefused("own-uid", settings(Optional.empty(), false), image(), NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "cgroup-memory, memory.max memory.limit_in_bytes, 8589934592",
    "cgroup-swap, memory.swap.max, max",
    "cgroup-pids, pids.max, 4000",
    "cgroup-cpu, cpu.max cpu.cfs_quota_us, 1000000",
    "cgroup-io, io.weight blkio.bfq.weight, 90",
  })
  void a_limit_that_is_not_the_one_that_was_set_is_no_vm(String item, String files, String value)
      throws Exception {
    var settings = settings(Optional.empty(), false);
    requireHad(item, settings);
    var sabotage =
        new Sabotage() {
          @Override
          public Launcher launcher(Launcher real) {
            return new Launcher() {
              @Override
              public Launched launch(ProcessPlan plan) throws HostException {
                var launched = real.launch(plan);
                overwrite(plan.folder(), List.of(files.split(" ", -1)), value);
                return launched;
              }

              @Override
              public void close() {
                real.close();
              }
            };
          }
        };
    assertRefused(item, settings, image(), sabotage);
  }

  /** What can't be had here, no test shows. */
  private void requireHad(String item, Settings settings) throws Exception {
    try (var factory = factory(settings, NONE);
        var sandbox = factory.open(RealVms.spec(), image(), _ -> {})) {
      var read =
          sandbox.handOutProof().items().stream()
              .filter(one -> one.what() == ProofItem.of(item).orElseThrow())
              .findFirst()
              .orElseThrow();
      assumeTrue(
          read.verdict() != Verdict.ABSENT, () -> "NOT TESTED: " + item + ": " + read.evidence());
    }
  }

  private static void overwrite(Path folder, List<String> names, String value) {
    try {
      for (var group : Files.readAllLines(folder.resolve("cgroups"))) {
        for (var name : names) {
          Path file = Path.of(group, name);
          if (Files.exists(file)) {
            Files.writeString(file, value);
          }
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void a_hypervisor_that_should_use_kvm_and_does_not_is_no_vm() throws Exception {
    assertRefused(
        "hardware",
        settings(Optional.empty(), false),
        image(),
        new Sabotage() {
          @Override
          public Acceleration acceleration() {
            return Acceleration.KVM;
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"kernel", "initramfs", "root-image"})
  void a_file_that_is_changed_while_it_is_booted_is_no_vm(String item) throws Exception {
    var image = image();
    var files = new Artifact[] {image.kernelFile(), image.initramfsFile(), image.rootfsFile()};
    int which = List.of("kernel", "initramfs", "root-image").indexOf(item);
    Path copy = Files.copy(files[which].path(), temp.resolve("copy"));
    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
    files[which] = Artifact.of(copy);
    var copied =
        new BootImage(
            files[0],
            files[1],
            files[2],
            image.type(),
            image.kernelVersion(),
            image.agentSha256(),
            image.config());
    assertRefused(
        item,
        settings(Optional.empty(), false),
        copied,
        new Sabotage() {
          @Override
          public void started(Optional<Template> template) throws IOException {
            Files.write(copy, new byte[] {1}, StandardOpenOption.APPEND);
          }
        });
  }

  @Test
  void an_initramfs_with_another_agent_is_no_vm() throws Exception {
    var image = image();
    var other =
        new BootImage(
            image.kernelFile(),
            image.initramfsFile(),
            image.rootfsFile(),
            image.type(),
            image.kernelVersion(),
            Digest.of(new byte[] {1}),
            image.config());
    assertRefused("agent", settings(Optional.empty(), false), other, NONE);
  }

  @Test
  void a_hypervisors_program_that_is_changed_as_it_starts_is_no_vm() throws Exception {
    var real = HostTool.find("qemu-system-x86_64", USERS.searchPath()).orElseThrow();
    script("stand-in", "exec " + USERS.drivers().qemu().orElse(real) + " \"$@\"\n");
    Path program = tools.resolve("stand-in");
    assertRefused(
        "hypervisor-program",
        settings(Optional.of(program), false),
        image(),
        new Sabotage() {
          @Override
          public void started(Optional<Template> template) throws IOException {
            Files.writeString(program, "# more\n", StandardOpenOption.APPEND);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory", "state"})
  void a_byte_that_is_changed_in_a_template_as_it_is_cloned_is_no_clone(String part)
      throws Exception {
    var sabotage =
        new Sabotage() {
          @Override
          public void started(Optional<Template> template) throws IOException {
            if (template.isPresent()) {
              Path file = template.get().dir().resolve(part);
              Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
              Files.write(file, new byte[] {7}, StandardOpenOption.APPEND);
              Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
            }
          }
        };
    try (var factory = factory(settings(Optional.empty(), true), sabotage);
        var sandbox = factory.open(RealVms.spec(), image(), _ -> {})) {
      // Both clones were refused; what boots from its kernel has nothing of the template.
      assertThat(sandbox.spawn().how()).isEqualTo(io.ironclaw.api.SpawnReport.How.COLD_BOOT);
    }
    assertThat(told)
        .anyMatch(line ->
            line.contains("put aside") && line.contains("template-" + part + " is not proven"));
  }

  /** A hypervisor of whose machines something is changed as they start. */
  private record Sabotaged(Hypervisor real, Sabotage sabotage) implements Hypervisor {
    @Override
    public String name() {
      return real.name();
    }

    @Override
    public Acceleration acceleration() {
      return sabotage.acceleration();
    }

    @Override
    public Ingredient program() throws HostException {
      return real.program();
    }

    @Override
    public String templateIdentity() {
      return real.templateIdentity();
    }

    @Override
    public Machine start(LaunchPlan plan, PhaseClock clock) throws VmException, HostException {
      var machine = real.start(plan, clock);
      changed(Optional.empty());
      return machine;
    }

    @Override
    public void save(Machine machine, Path state) throws VmException {
      real.save(machine, state);
    }

    @Override
    public Machine restore(LaunchPlan plan, Template template, PhaseClock clock)
        throws VmException, HostException {
      var machine = real.restore(plan, template, clock);
      changed(Optional.of(template));
      return machine;
    }

    private void changed(Optional<Template> template) throws HostException {
      try {
        sabotage.started(template);
      } catch (IOException e) {
        throw new HostException("sabotage failed", e);
      }
    }

    @Override
    public void close() {
      real.close();
    }
  }
}
