package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Assurance;
import io.ironclaw.api.HostException;
import io.ironclaw.api.Jail;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import io.ironclaw.jail.JailUids;
import io.ironclaw.jail.Reading;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How VMs come up over a hypervisor that is a fake: what must hold before one is handed out. */
@Timeout(60)
class SandboxFactoryTest {
  private static final Digest DIGEST = Digest.of(new byte[] {1});
  private static final BootImage IMAGE =
      new BootImage(
          Path.of("k"),
          Path.of("i"),
          Path.of("r"),
          RootfsType.SQUASHFS,
          "6",
          DIGEST,
          DIGEST,
          DIGEST,
          new ImageConfig(List.of()));

  @TempDir Path temp;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final FakeHypervisor hypervisor = new FakeHypervisor();
  private final List<LocalSandbox> opened = new ArrayList<>();
  private Optional<SandboxFactory> factory = Optional.empty();

  @BeforeEach
  void make() {
    var settings =
        new Settings(
            temp.resolve("cache"),
            temp.resolve("run"),
            Optional.empty(),
            "",
            true,
            Optional.empty(),
            Jail.NONE,
            io.ironclaw.api.Seccomp.BASIC,
            JailUids.DEFAULT);
    factory =
        Optional.of(
            new SandboxFactory(
                settings,
                new Hypervisors.Chosen(hypervisor, Optional.of("no KVM")),
                new Proof(),
                event -> told.add(event.text())));
  }

  @AfterEach
  void nothing_is_left() throws Exception {
    opened.forEach(LocalSandbox::close);
    factory.orElseThrow().close();
    for (var machine : hypervisor.machines) {
      assertThat(machine.closed.getCount()).as("an open machine").isZero();
    }
    if (Files.exists(temp.resolve("run"))) {
      try (var left = Files.list(temp.resolve("run"))) {
        assertThat(left.filter(Files::isDirectory)).isEmpty();
      }
    }
  }

  private LocalSandbox open() throws Exception {
    var spec = SandboxSpec.fresh();
    var sandbox = factory.orElseThrow().open(spec, IMAGE, _ -> {});
    opened.add(sandbox);
    return sandbox;
  }

  @Test
  void a_clone_that_confirms_what_it_was_asked_for_is_handed_out() throws Exception {
    var sandbox = open();
    assertThat(sandbox.spawn().how()).isEqualTo(SpawnReport.How.CLONE);
    assertThat(sandbox.spawn().downgrade()).contains("no KVM");
    assertThat(sandbox.isOpen()).isTrue();
    sandbox.close();
    assertThat(sandbox.isOpen()).isFalse();
  }

  @Test
  void a_guest_whose_clock_is_off_is_no_vm() {
    hypervisor.clockError = Duration.ofSeconds(-2);
    assertThatThrownBy(this::open)
        .isInstanceOf(VmStartException.class)
        .hasMessageContaining("guest clock is off by -");
  }

  @Test
  void a_guest_that_repeats_another_ones_random_numbers_is_no_vm() throws Exception {
    hypervisor.sample = Optional.of(new byte[16]);
    open();
    assertThatThrownBy(this::open)
        .isInstanceOf(VmStartException.class)
        .hasMessageContaining("it was not reseeded");
  }

  @Test
  void a_guest_without_control_groups_is_no_vm() {
    hypervisor.features = 13;
    assertThatThrownBy(this::open)
        .isInstanceOf(VmStartException.class)
        .hasMessageContaining("does not confirm [KILL]");
  }

  @Test
  void a_machine_with_a_network_device_or_a_disk_that_can_be_written_is_no_vm() {
    hypervisor.devices =
        new Devices(List.of("child<virtio-net-device>"), hypervisor.devices.disks());
    assertRefused("devices", "the hypervisor lists network devices: [child<virtio-net-device>]");
    hypervisor.devices = new Devices(List.of(), List.of(new Devices.Disk("root", false)));
    assertRefused("devices", "readOnly=false");
    hypervisor.devices = new Devices(List.of(), List.of());
    assertRefused("devices", "other disks than one that is read-only: []");
  }

  @Test
  void a_hypervisor_whose_confinement_the_kernel_does_not_keep_is_no_vm() throws Exception {
    hypervisor.confinement = List.of(reading(Reading.Verdict.FAILED));
    assertRefused("namespaces", "net is the host's");
    hypervisor.confinement = List.of(reading(Reading.Verdict.ABSENT));
    open();
  }

  @Test
  void what_the_host_does_not_do_is_not_the_templates_fault_and_is_not_tried_again()
      throws Exception {
    hypervisor.confinement = List.of(reading(Reading.Verdict.FAILED));
    assertRefused("namespaces", "net is the host's");
    assertThat(hypervisor.tries).isEqualTo(1);
    assertThat(told).noneMatch(line -> line.contains("put aside"));
  }

  @Test
  void what_is_demanded_and_absent_is_no_vm() throws Exception {
    hypervisor.confinement =
        List.of(new Reading("cgroup-memory", Reading.Verdict.ABSENT, () -> "no controller"));
    open();
    var spec = SandboxSpec.fresh().requiring(Assurance.of(Assurance.Demand.CGROUP_MEMORY));
    assertThatThrownBy(() -> factory.orElseThrow().open(spec, IMAGE, _ -> {}))
        .isInstanceOf(ProofException.class)
        .hasMessageContaining(
            "cgroup-memory is not proven: it is demanded and absent: no controller");
    // Nor is what nothing was read of.
    hypervisor.confinement = List.of();
    assertThatThrownBy(() -> factory.orElseThrow().open(spec, IMAGE, _ -> {}))
        .isInstanceOf(ProofException.class)
        .hasMessageContaining("cgroup-memory is not proven: it is demanded, and there is none");
  }

  private static Reading reading(Reading.Verdict verdict) {
    return new Reading("namespaces", verdict, () -> "net is the host's");
  }

  @Test
  void a_guest_that_has_a_network_device_or_can_write_its_image_is_no_vm() {
    hypervisor.links = List.of("lo", "eth0");
    assertRefused("guest-network", "the guest has network devices [lo, eth0]");
    hypervisor.links = List.of();
    assertRefused("guest-network", "not [lo] alone");
    hypervisor.links = List.of("lo");
    hypervisor.root = 1;
    assertRefused("guest-root", "WRITABLE");
    hypervisor.root = 0;
    assertRefused("guest-root", "NONE");
  }

  private void assertRefused(String item, String why) {
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(ProofException.class, e -> assertThat(e.item()).isEqualTo(item))
        .hasMessageContaining(why);
  }

  @Test
  void more_memory_than_the_host_has_is_refused() {
    var huge = SandboxSpec.fresh().withShape(MachineShape.DEFAULT.withMemoryMib(65_536));
    org.junit.jupiter.api.Assumptions.assumeTrue(HostMemory.totalMib() < 65_536);
    assertThatThrownBy(() -> factory.orElseThrow().open(huge, IMAGE, _ -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memory of 65536 MiB: this host has ");
  }

  @Test
  void a_template_that_can_not_be_restored_is_put_aside_and_that_vm_boots_cold() throws Exception {
    hypervisor.restores = false;
    assertThat(open().spawn().how()).isEqualTo(SpawnReport.How.COLD_BOOT);
    assertThat(hypervisor.tries).isEqualTo(2);
    assertThat(told).anyMatch(line -> line.contains("put aside and built again"));
    hypervisor.restores = true;
    assertThat(open().spawn().how()).isEqualTo(SpawnReport.How.CLONE);
    assertThat(hypervisor.builds).isEqualTo(2);
  }

  @Test
  void a_start_that_is_closed_or_interrupted_puts_no_template_aside() throws Exception {
    open();
    hypervisor.restores = false;
    hypervisor.onRestore = () -> factory.orElseThrow().close();
    assertThatThrownBy(this::open).isInstanceOf(VmStartException.class);
    assertThat(told).noneMatch(line -> line.contains("aside"));
    make();
    hypervisor.onRestore = () -> Thread.currentThread().interrupt();
    assertThatThrownBy(this::open).isInstanceOf(VmStartException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(told).noneMatch(line -> line.contains("aside"));
  }

  @Test
  void a_host_that_refuses_the_process_is_not_the_templates_fault() throws Exception {
    open();
    hypervisor.refused = true;
    assertThatThrownBy(this::open).isInstanceOf(HostException.class);
    assertThat(told).noneMatch(line -> line.contains("aside"));
    hypervisor.refused = false;
    assertThat(open().spawn().how()).isEqualTo(SpawnReport.How.CLONE);
    assertThat(hypervisor.builds).isEqualTo(1);
  }

  private static final class FakeHypervisor implements Hypervisor {
    private final SecureRandom random = new SecureRandom();
    private final List<ScriptedGuest> machines = new CopyOnWriteArrayList<>();
    private Duration clockError = Duration.ZERO;
    private Optional<byte[]> sample = Optional.empty();
    private Runnable onRestore = () -> {};
    private int features = 15;
    private List<String> links = List.of("lo");
    private int root = 2;
    private Devices devices = new Devices(List.of(), List.of(new Devices.Disk("root", true)));
    private List<Reading> confinement = List.of();
    private boolean restores = true;
    private boolean refused;
    private int tries;
    private int builds;

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public Acceleration acceleration() {
      return Acceleration.EMULATED;
    }

    @Override
    public String templateIdentity() {
      return "fake";
    }

    private Machine machine(Path dir) throws VmStartException {
      var fresh = new byte[16];
      random.nextBytes(fresh);
      try {
        var machine =
            new ScriptedGuest(
                dir,
                new ScriptedGuest.Script(
                    clockError, sample.orElse(fresh), features, links, root, devices, confinement));
        machines.add(machine);
        return machine;
      } catch (IOException e) {
        throw new VmStartException("no socket", e);
      }
    }

    @Override
    public Machine start(LaunchPlan plan, PhaseClock clock) throws VmException {
      try {
        if (plan.memory().isPresent()) {
          Files.write(plan.memory().get(), new byte[4_096]);
        }
      } catch (IOException e) {
        throw new VmStartException("no file", e);
      }
      return machine(plan.folder());
    }

    @Override
    public void save(Machine machine, Path state) throws VmException {
      builds++;
      try {
        Files.write(state, new byte[] {1});
      } catch (IOException e) {
        throw new VmStartException("no file", e);
      }
    }

    @Override
    public Machine restore(LaunchPlan plan, Template template, PhaseClock clock)
        throws VmException, HostException {
      tries++;
      onRestore.run();
      if (refused) {
        throw new HostException("can't start it: No space left on device");
      }
      if (!restores) {
        throw new VmStartException("QEMU could not restore the template's state");
      }
      return machine(plan.folder());
    }

    @Override
    public void close() {}
  }
}
