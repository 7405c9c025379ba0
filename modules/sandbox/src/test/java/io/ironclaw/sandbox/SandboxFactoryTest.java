package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Assurance;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Jail;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmDiedException;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmId;
import io.ironclaw.api.VmStartException;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import io.ironclaw.jail.JailUids;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.SeccompRecord;
import io.ironclaw.proof.Proof;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.Hypervisor;
import io.ironclaw.vm.Ingredient;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.Machine;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How VMs come up over a hypervisor that is a fake: what must hold before one is handed out. */
@Timeout(60)
class SandboxFactoryTest {
  private static final Digest DIGEST = Digest.of(new byte[] {1});
  @TempDir Path temp;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final FakeHypervisor hypervisor = new FakeHypervisor();
  private final List<LocalSandbox> opened = new ArrayList<>();
  private Optional<SandboxFactory> factory = Optional.empty();
  private Optional<BootImage> image = Optional.empty();
  private Optional<Settings> settings = Optional.empty();

  @BeforeEach
  void make() throws Exception {
    image =
        Optional.of(
            new BootImage(
                artifact("kernel"),
                artifact("initramfs"),
                artifact("rootfs"),
                RootfsType.SQUASHFS,
                "6",
                DIGEST,
                new ImageConfig(List.of())));
    hypervisor.program = Optional.of(artifact("program"));
    var made =
        new Settings(
            temp.resolve("cache"),
            temp.resolve("run"),
            Drivers.qemu(Optional.empty()),
            "",
            true,
            Optional.empty(),
            Jail.NONE,
            io.ironclaw.api.Seccomp.BASIC,
            JailUids.DEFAULT,
            io.ironclaw.api.Assurance.ANY,
            Optional.empty(),
            java.util.Map.of(),
            Optional.empty());
    settings = Optional.of(made);
    factory =
        Optional.of(
            new SandboxFactory(
                made,
                new Hypervisors.Chosen(hypervisor, Optional.of("no KVM"), Jail.NONE),
                new Proof(DIGEST),
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

  private Artifact artifact(String name) throws IOException {
    Path file = temp.resolve(name);
    return Artifact.of(Files.exists(file) ? file : Files.writeString(file, name));
  }

  private LocalSandbox open() throws Exception {
    return open(SandboxSpec.fresh());
  }

  private LocalSandbox open(SandboxSpec spec) throws Exception {
    var sandbox = factory.orElseThrow().open(spec, image.orElseThrow(), _ -> {});
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
  void a_hypervisor_that_its_filter_has_killed_is_told_once_with_call_and_thread()
      throws Exception {
    var sandbox = open();
    hypervisor
        .machines
        .getLast()
        .killedFor(
            SeccompRecord.of(
                    "audit: type=1326 audit(1796007001.123:9): auid=0 uid=0 gid=0 ses=1 pid=7"
                        + " comm=43505520302F54 exe=\"/q\" sig=31 arch=c000003e syscall=165"
                        + " compat=0 ip=0x1 code=0x80000000")
                .orElseThrow());
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> sandbox.start(ExecSpec.of("true")))
          .isInstanceOf(VmDiedException.class);
    }
    sandbox.close();
    assertThat(told.stream().filter(text -> text.contains("CPU 0/T")))
        .singleElement()
        .asString()
        .contains("mount (165)", "the process was killed");
    assertThat(told.stream().filter(text -> text.startsWith("VM " + sandbox.id() + " died: ")))
        .hasSize(1);
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
    hypervisor.features = 29;
    assertThatThrownBy(this::open)
        .isInstanceOf(VmStartException.class)
        .hasMessageContaining("does not confirm [KILL]");
  }

  @Test
  void a_guest_that_can_put_no_command_under_a_filter_is_no_vm() {
    hypervisor.features = 15;
    assertRefused("guest-seccomp", "could not put a child under a filter");
  }

  @Test
  void a_machine_with_a_network_device_or_a_disk_that_can_be_written_is_no_vm() {
    var disks = ScriptedGuest.PLANNED.disks();
    var attached = ScriptedGuest.PLANNED.attached();
    var channels = ScriptedGuest.PLANNED.channels();
    hypervisor.devices = new Devices(List.of("virtio-net-device"), disks, attached, channels);
    assertRefused("no-network-device", "the hypervisor lists network devices: [virtio-net-device]");
    hypervisor.devices =
        new Devices(List.of(), List.of(new Devices.Disk("root", false)), attached, channels);
    assertRefused("disks", "readOnly=false");
    hypervisor.devices = new Devices(List.of(), List.of(), attached, channels);
    assertRefused("disks", "other disks than one that is read-only: []");
  }

  @Test
  void a_machine_with_a_device_or_a_channel_that_was_not_planned_is_no_vm() {
    var disks = ScriptedGuest.PLANNED.disks();
    hypervisor.devices =
        new Devices(
            List.of(), disks, List.of("disk", "usb-host"), ScriptedGuest.PLANNED.channels());
    assertRefused("devices", "[disk, usb-host] are attached, planned are [disk]");
    hypervisor.devices =
        new Devices(List.of(), disks, List.of("disk"), List.of("agent", "monitor"));
    assertRefused("devices", "channels to the host are [agent, monitor], planned [agent]");
  }

  @Test
  void a_hypervisor_that_does_not_run_on_what_it_was_started_for_is_no_vm() {
    hypervisor.kvm = true;
    assertRefused("hardware", "KVM is in use, and it was started for");
  }

  @Test
  void a_file_that_was_changed_since_it_was_hashed_is_no_vm() throws Exception {
    open();
    for (var name : List.of("kernel", "initramfs", "rootfs", "program")) {
      Path file = temp.resolve(name);
      Files.writeString(file, "changed");
      assertRefused(
          name.equals("rootfs")
              ? "root-image"
              : name.equals("program") ? "hypervisor-program" : name,
          file + " has sha256 ");
      Files.writeString(file, name);
      // Touched, and read again: the content is what it was.
      open();
    }
  }

  @Test
  void an_initramfs_with_another_agent_is_no_vm() {
    var good = image.orElseThrow();
    image =
        Optional.of(
            new BootImage(
                good.kernelFile(),
                good.initramfsFile(),
                good.rootfsFile(),
                good.type(),
                good.kernelVersion(),
                Digest.of(new byte[] {2}),
                good.config()));
    assertRefused("agent", "was packed, " + DIGEST + " was built in");
  }

  @Test
  void a_template_that_is_changed_while_it_is_cloned_is_put_aside() throws Exception {
    open();
    for (var part : List.of("memory", "state")) {
      told.clear();
      hypervisor.onTemplate =
          template -> {
            Path file = template.dir().resolve(part);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            Files.write(file, new byte[] {7}, StandardOpenOption.APPEND);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
          };
      assertThat(open().spawn().how()).isEqualTo(SpawnReport.How.COLD_BOOT);
      // The second try finds the template broken and builds it anew, and that is changed, too.
      assertThat(told).anyMatch(line -> line.contains("template-" + part + " is not proven"));
      hypervisor.onTemplate = _ -> {};
    }
  }

  @Test
  void a_hypervisor_whose_confinement_the_kernel_does_not_keep_is_no_vm() throws Exception {
    for (var item : new ConfinementItems().all()) {
      hypervisor.confinement = confinement(item, Verdict.FAILED);
      assertRefused(item.text(), "as it was read");
      hypervisor.confinement = confinement(item, Verdict.ABSENT);
      open();
    }
  }

  @Test
  void what_nothing_was_read_of_is_not_proven() {
    for (var item : new ConfinementItems().all()) {
      hypervisor.confinement =
          confinement(item, Verdict.PROVEN).stream().filter(r -> r.item() != item).toList();
      assertRefused(item.text(), "nothing was read of it");
    }
  }

  @Test
  void what_the_host_does_not_do_is_not_the_templates_fault_and_is_not_tried_again()
      throws Exception {
    hypervisor.confinement = confinement(ProofItem.NAMESPACES, Verdict.FAILED);
    assertRefused("namespaces", "as it was read");
    assertThat(hypervisor.tries).isEqualTo(1);
    assertThat(told).noneMatch(line -> line.contains("put aside"));
  }

  @Test
  void what_is_demanded_and_absent_is_no_vm() throws Exception {
    for (var demand : Assurance.Demand.values()) {
      if (demand == Assurance.Demand.HARDWARE || demand == Assurance.Demand.JAILED) {
        // These are looked at before there is a process.
        continue;
      }
      hypervisor.confinement =
          confinement(ProofItem.of(demand.text()).orElseThrow(), Verdict.ABSENT);
      open();
      var spec = SandboxSpec.fresh().requiring(Assurance.of(demand));
      assertThatThrownBy(() -> open(spec))
          .isInstanceOf(ProofException.class)
          .hasMessageContaining(
              demand.text() + " is not proven: it is demanded and absent: as it was read");
    }
  }

  /** What is read of a process, each proven but one. */
  private static List<Reading> confinement(ProofItem item, Verdict verdict) {
    return new ConfinementItems()
        .all().stream()
            .map(one ->
                new Reading(
                    one, one == item ? verdict : Verdict.PROVEN, () -> "as it was read", 1_000))
            .toList();
  }

  /** All that a process's confinement is read of. */
  private record ConfinementItems() {
    Set<ProofItem> all() {
      return EnumSet.range(ProofItem.OWN_UID, ProofItem.CGROUP_IO);
    }
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

  @Test
  void a_guest_with_another_name_than_it_was_given_is_no_vm() {
    hypervisor.name = Optional.of("template\u001b[2J");
    assertRefused("name", "the guest's name is template\\u001b[2J, not vm-");
  }

  @Test
  void a_proof_says_of_each_item_what_was_read_and_is_filed_and_announced() throws Exception {
    var sandbox = open();
    var proof = sandbox.handOutProof();
    assertThat(proof.items()).extracting(IsolationProof.Item::what).doesNotHaveDuplicates();
    // Without a network device there is nothing to say of its firewall.
    var ofNetworks =
        EnumSet.of(
            ProofItem.NETWORK_LINKS,
            ProofItem.FIREWALL_HOOKS,
            ProofItem.FIREWALL_RULES,
            ProofItem.FIREWALL_PROBE);
    assertThat(EnumSet.complementOf(ofNetworks))
        .containsExactlyInAnyOrderElementsOf(
            proof.items().stream().map(IsolationProof.Item::what).toList());
    assertThat(proof.verdict()).isEqualTo(Verdict.PROVEN);
    assertThat(proof.items())
        .filteredOn(item -> item.what() == ProofItem.HARDWARE)
        .first()
        .satisfies(item -> {
          assertThat(item.verdict()).isEqualTo(Verdict.ABSENT);
          assertThat(item.evidence()).isEqualTo("the guest is emulated: no KVM");
        });
    sandbox.close();
    assertThat(told).anyMatch(line -> line.contains("sha256 " + proof.sha256()));
    var archive = new ProofArchive(temp.resolve("cache").resolve("proofs"));
    assertThat(archive.of(sandbox.id())).contains(proof);
    assertThat(archive.last()).contains(proof);
  }

  @Test
  void a_proof_again_has_what_is_read_now_and_what_the_guest_said_then() throws Exception {
    var sandbox = open();
    var first = sandbox.handOutProof();
    var again = sandbox.proof();
    assertThat(again.occasion()).isEqualTo(IsolationProof.Occasion.RE_CHECK);
    assertThat(again.items()).hasSameSizeAs(first.items());
    assertThat(again.items())
        .filteredOn(item -> item.at().equals(again.at()) && !again.at().equals(first.at()))
        .noneMatch(item -> item.what() == ProofItem.CLOCK || item.what() == ProofItem.RANDOM);
  }

  @Test
  void isolation_that_is_lost_ends_the_vm_and_is_announced() throws Exception {
    var sandbox = open();
    hypervisor.confinement = confinement(ProofItem.CGROUP_MEMORY, Verdict.ABSENT);
    assertThatThrownBy(sandbox::proof)
        .isInstanceOfSatisfying(
            ProofException.class, e -> assertThat(e.item()).isEqualTo(ProofItem.CGROUP_MEMORY))
        .hasMessageContaining("was ended: cgroup-memory is not proven: as it was read");
    assertThat(sandbox.isOpen()).isFalse();
    assertThat(told)
        .anyMatch(line ->
            line.contains("was ended: cgroup-memory is not proven any more: as it was read"));
    assertThatThrownBy(sandbox::proof).hasMessageContaining("is closed");
  }

  @Test
  void whoever_asks_from_another_process_gets_a_proof_of_now() throws Exception {
    var sandbox = open();
    var settings = this.settings.orElseThrow();
    var asked = CompletableFuture.supplyAsync(() -> asked(settings, sandbox.id()));
    assertThat(asked.get(20, TimeUnit.SECONDS).vm()).isEqualTo(sandbox.id());
    assertThat(told)
        .contains(
            "user %s asks for the proof of VM %s"
                .formatted(System.getProperty("user.name"), sandbox.id()));
    hypervisor.confinement = confinement(ProofItem.SECCOMP, Verdict.FAILED);
    assertThatThrownBy(() -> ProofDesk.ask(settings, sandbox.id()))
        .hasMessageContaining("was ended: seccomp is not proven");
    assertThat(sandbox.isOpen()).isFalse();
    assertThat(ProofDesk.ask(settings, sandbox.id())).isEmpty();
  }

  /** The desk is opened beside the first command. */
  private static IsolationProof asked(Settings settings, VmId id) {
    try {
      var proof = ProofDesk.ask(settings, id);
      while (proof.isEmpty()) {
        Thread.onSpinWait();
        proof = ProofDesk.ask(settings, id);
      }
      return proof.get();
    } catch (HostException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertRefused(String item, String why) {
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            ProofException.class, e -> assertThat(e.item().text()).isEqualTo(item))
        .hasMessageContaining(why);
  }

  @Test
  void more_memory_than_the_host_has_is_refused() {
    var huge = SandboxSpec.fresh().withShape(MachineShape.DEFAULT.withMemoryMib(65_536));
    org.junit.jupiter.api.Assumptions.assumeTrue(HostMemory.totalMib() < 65_536);
    assertThatThrownBy(() -> open(huge))
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

  /** Something that is done to a template while it is cloned. */
  private interface OnTemplate {
    void accept(Template template) throws IOException;
  }

  private static final class FakeHypervisor implements Hypervisor {
    private final SecureRandom random = new SecureRandom();
    private final List<ScriptedGuest> machines = new CopyOnWriteArrayList<>();
    private Duration clockError = Duration.ZERO;
    private Optional<byte[]> sample = Optional.empty();
    private Runnable onRestore = () -> {};
    private int features = 31;
    private List<String> links = List.of("lo");
    private int root = 2;
    private Devices devices = ScriptedGuest.PLANNED;
    private boolean kvm;
    private Optional<String> name = Optional.empty();
    private Optional<Artifact> program = Optional.empty();
    private OnTemplate onTemplate = _ -> {};
    private volatile List<Reading> confinement = confinement(ProofItem.OWN_UID, Verdict.PROVEN);
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
    public Ingredient program() {
      return Ingredient.of(ProofItem.HYPERVISOR_PROGRAM, program.orElseThrow());
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
                    clockError,
                    sample.orElse(fresh),
                    features,
                    links,
                    root,
                    name,
                    new Machine.Account(devices, kvm),
                    () -> confinement));
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
      try {
        onTemplate.accept(template);
      } catch (IOException e) {
        throw new VmStartException("no file", e);
      }
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
