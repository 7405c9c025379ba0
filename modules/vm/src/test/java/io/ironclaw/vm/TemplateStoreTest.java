package io.ironclaw.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.HostException;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.TemplateException;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.image.Artifact;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import io.ironclaw.image.ImageConfig;
import io.ironclaw.image.RootfsType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplateStoreTest {
  private static final Digest DIGEST = Digest.of(new byte[] {1});
  private static final BootImage IMAGE =
      new BootImage(
          named("k"),
          named("i"),
          named("r"),
          RootfsType.SQUASHFS,
          "6.1",
          DIGEST,
          ImageConfig.USUAL);

  private static Artifact named(String name) {
    return new Artifact(Path.of(name), 1, "none", DIGEST);
  }

  private LaunchPlan plan(MachineShape shape) {
    return new LaunchPlan(MachineId.random(), dir, shape, IMAGE);
  }

  private static final MachineShape OTHER_SIZE = MachineShape.DEFAULT.withMemoryMib(512);

  @TempDir Path dir;
  private final List<String> progress = new ArrayList<>();
  private final CountingHypervisor hypervisor = new CountingHypervisor();
  private Path root = Path.of("unset");

  @BeforeEach
  void choose_a_root() {
    root = dir.resolve("templates");
  }

  private Template obtain() throws VmException, HostException {
    return store().obtain(plan(MachineShape.DEFAULT));
  }

  private TemplateStore store() {
    return new TemplateStore(root, hypervisor, hypervisor, e -> progress.add(e.text()));
  }

  @Test
  void a_template_is_built_once() throws Exception {
    var first = obtain();
    var second = obtain();
    assertThat(second).isEqualTo(first);
    assertThat(hypervisor.builds.get()).isEqualTo(1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(first.memory())))
        .isEqualTo("r--r--r--");
  }

  @Test
  void a_flipped_bit_in_guest_memory_is_found_and_the_template_is_built_again() throws Exception {
    var template = obtain();
    try (var file = new RandomAccessFile(template.memory().toFile(), "rw")) {
      file.seek(1_000);
      int old = file.read();
      file.seek(1_000);
      file.write(old ^ 1);
    }
    obtain();
    assertThat(hypervisor.builds.get()).isEqualTo(2);
    assertThat(progress).anyMatch(l -> l.contains("is broken: memory has checksum"));
  }

  @Test
  void a_changed_byte_is_found_even_if_the_modification_time_is_set_back() throws Exception {
    var template = obtain();
    FileTime before = Files.getLastModifiedTime(template.state());
    try (var file = new RandomAccessFile(template.state().toFile(), "rw")) {
      file.write(99);
    }
    Files.setLastModifiedTime(template.state(), before);
    obtain();
    assertThat(hypervisor.builds.get()).isEqualTo(2);
  }

  @Test
  void a_truncated_a_missing_and_a_swapped_file_are_each_found() throws Exception {
    var template = obtain();
    try (var file = new RandomAccessFile(template.memory().toFile(), "rw")) {
      file.setLength(10);
    }
    obtain();
    Files.delete(template.state());
    obtain();
    Files.copy(
        template.state(), template.memory(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.setPosixFilePermissions(template.memory(), PosixFilePermissions.fromString("r--r--r--"));
    obtain();
    assertThat(hypervisor.builds.get()).isEqualTo(4);
  }

  @Test
  void a_file_that_somebody_may_write_is_not_trusted() throws Exception {
    var template = obtain();
    Files.setPosixFilePermissions(template.memory(), PosixFilePermissions.fromString("rw-r--r--"));
    obtain();
    assertThat(hypervisor.builds.get()).isEqualTo(2);
  }

  @Test
  void a_folder_that_others_may_enter_is_refused_with_the_fix() throws Exception {
    var template = obtain();
    Files.setPosixFilePermissions(template.dir(), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThatThrownBy(this::obtain)
        .isInstanceOf(HostException.class)
        .hasMessageContaining("run: chmod 700");
  }

  @Test
  void a_touched_file_with_the_same_content_is_hashed_once_and_trusted_again() throws Exception {
    var template = obtain();
    Files.setLastModifiedTime(template.memory(), FileTime.fromMillis(1_000_000));
    obtain();
    assertThat(hypervisor.builds.get()).isEqualTo(1);
  }

  @Test
  void a_build_that_fails_leaves_nothing_behind() throws Exception {
    hypervisor.fails = true;
    assertThatThrownBy(this::obtain).hasMessageContaining("no boot");
    try (var left = Files.list(root)) {
      assertThat(left).allMatch(p -> p.toString().endsWith(".lock"));
    }
  }

  @Test
  void whoever_wants_a_template_that_is_being_built_waits_for_it() throws Exception {
    hypervisor.gate = Optional.of(new CountDownLatch(1));
    var store = store();
    var first = async(() -> store.obtain(plan(MachineShape.DEFAULT)));
    hypervisor.building.await();
    var second = async(() -> store.obtain(plan(MachineShape.DEFAULT)));
    // Another store of the same process, as of a second runtime in it.
    var third = async(this::obtain);
    hypervisor.gate.get().countDown();
    assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(first.get(10, TimeUnit.SECONDS));
    assertThat(third.get(10, TimeUnit.SECONDS)).isEqualTo(first.get());
    assertThat(hypervisor.builds.get()).isEqualTo(1);
  }

  @Test
  void a_build_that_hangs_holds_up_no_template_of_another_size() throws Exception {
    var hung = new CountDownLatch(1);
    hypervisor.gate = Optional.of(hung);
    var store = store();
    var first = async(() -> store.obtain(plan(MachineShape.DEFAULT)));
    hypervisor.building.await();
    hypervisor.gate = Optional.empty();
    var other = async(() -> store.obtain(plan(OTHER_SIZE)));
    assertThat(other.get(10, TimeUnit.SECONDS).key()).isNotEmpty();
    assertThat(first.isDone()).isFalse();
    hung.countDown();
    first.get(10, TimeUnit.SECONDS);
  }

  @Test
  void waiting_for_a_template_can_be_interrupted() throws Exception {
    var hung = new CountDownLatch(1);
    hypervisor.gate = Optional.of(hung);
    var first = async(this::obtain);
    hypervisor.building.await();
    var wait = new FutureTask<Template>(this::obtain);
    var thread = Thread.ofPlatform().start(wait);
    thread.interrupt();
    assertThatThrownBy(() -> wait.get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TemplateException.class)
        .hasMessageContaining("interrupted while waiting");
    hung.countDown();
    first.get(10, TimeUnit.SECONDS);
  }

  @Test
  void a_template_that_was_put_aside_is_built_again_and_kept_for_a_while() throws Exception {
    var template = obtain();
    var store = store();
    store.putAside(template);
    assertThat(template.dir()).doesNotExist();
    assertThat(root.resolve(template.key() + ".broken")).isNotEmptyDirectory();
    assertThat(obtain().key()).isEqualTo(template.key());
    assertThat(hypervisor.builds.get()).isEqualTo(2);
  }

  /** Builds so many templates; the first was used longest ago, two hours before the last. */
  private List<Template> build(int count) throws Exception {
    var templates = new ArrayList<Template>();
    for (int i = 0; i < count; i++) {
      hypervisor.identity = "test " + templates.size();
      templates.add(obtain());
    }
    for (int i = 0; i < count; i++) {
      age(templates.get(i), Duration.ofHours(2).plusMinutes(count - i));
    }
    return templates;
  }

  private static void age(Template template, Duration age) throws IOException {
    Files.setLastModifiedTime(template.dir(), FileTime.from(Instant.now().minus(age)));
  }

  private void buildAnother() throws Exception {
    hypervisor.identity = "another";
    obtain();
  }

  @Test
  void the_templates_that_were_used_last_are_kept_when_one_is_built() throws Exception {
    var old = build(OldTemplates.KEPT + 1);
    hypervisor.identity = "test 0";
    assertThat(obtain()).isEqualTo(old.getFirst());
    buildAnother();
    assertThat(old).filteredOn(t -> !Files.exists(t.dir())).containsExactly(old.get(1), old.get(2));
    assertThat(hypervisor.builds.get()).isEqualTo(OldTemplates.KEPT + 2);
    hypervisor.identity = "test 1";
    assertThat(obtain().key()).isEqualTo(old.get(1).key());
    assertThat(hypervisor.builds.get()).isEqualTo(OldTemplates.KEPT + 3);
    try (var left = Files.list(root)) {
      assertThat(left).noneMatch(p -> p.toString().endsWith("ing"));
    }
  }

  @Test
  void the_template_of_the_default_size_is_never_one_too_many() throws Exception {
    var standard = obtain();
    age(standard, Duration.ofDays(9));
    for (int i = 0; i < OldTemplates.KEPT + 2; i++) {
      var other = MachineShape.DEFAULT.withMemoryMib(300 + i);
      age(store().obtain(plan(other)), Duration.ofHours(5).minusMinutes(i));
    }
    assertThat(standard.dir()).exists();
  }

  @Test
  void a_template_that_a_process_has_in_its_memory_is_not_removed() throws Exception {
    var old = build(OldTemplates.KEPT + 1);
    try (var arena = Arena.ofConfined();
        var memory = FileChannel.open(old.getFirst().memory())) {
      assertThat(memory.map(FileChannel.MapMode.READ_ONLY, 0, 4_096, arena).byteSize())
          .isEqualTo(4_096);
      buildAnother();
      assertThat(old.getFirst().dir()).exists();
      assertThat(old.get(1).dir()).doesNotExist();
    }
  }

  @Test
  void a_template_whose_lock_is_held_or_that_was_just_used_is_not_removed() throws Exception {
    var old = build(OldTemplates.KEPT + 2);
    for (int i = 1; i < old.size(); i++) {
      age(old.get(i), Duration.ofSeconds(20));
    }
    var lock = OldTemplates.lock(root, old.getFirst().key());
    try (var _ = NamedLock.acquire(lock, "testing", Duration.ofSeconds(5), _ -> {})) {
      buildAnother();
    }
    assertThat(old).allMatch(t -> Files.exists(t.dir()));
  }

  @Test
  void what_a_killed_builder_left_is_removed_and_what_a_living_one_makes_is_not() throws Exception {
    PrivateDir.ensure(root);
    Path left = Files.createDirectory(root.resolve("0".repeat(32) + ".building"));
    Files.writeString(left.resolve("memory"), "x");
    Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    Path recent = Files.createDirectory(root.resolve("2".repeat(32) + ".building"));
    Path living = Files.createDirectory(root.resolve("1".repeat(32) + ".building"));
    var lock = OldTemplates.lock(root, "1".repeat(32));
    Path foreign = Files.createDirectory(root.resolve("mine"));
    Files.setLastModifiedTime(foreign, FileTime.from(Instant.EPOCH));
    try (var _ = NamedLock.acquire(lock, "testing", Duration.ofSeconds(5), _ -> {})) {
      obtain();
    }
    assertThat(left).doesNotExist();
    assertThat(recent).doesNotExist();
    assertThat(living).exists();
    assertThat(foreign).exists();
  }

  @Test
  void cleaning_removes_unfinished_and_broken_ones_and_whole_ones_only_if_asked_to()
      throws Exception {
    var whole = build(2);
    var store = store();
    store.putAside(whole.getFirst());
    Files.createDirectory(root.resolve("2".repeat(32) + ".building"));
    Path living = Files.createDirectory(root.resolve("1".repeat(32) + ".building"));
    var lock = OldTemplates.lock(root, "1".repeat(32));
    try (var _ = NamedLock.acquire(lock, "testing", Duration.ofSeconds(5), _ -> {})) {
      assertThat(TemplateStore.clean(root, false).count()).isEqualTo(2);
      assertThat(living).exists();
    }
    assertThat(whole.get(1).dir()).exists();

    try (var arena = Arena.ofConfined();
        var memory = FileChannel.open(whole.get(1).memory())) {
      assertThat(memory.map(FileChannel.MapMode.READ_ONLY, 0, 4_096, arena).byteSize())
          .isPositive();
      assertThat(TemplateStore.clean(root, true).count()).isEqualTo(1);
      assertThat(whole.get(1).dir()).exists();
    }
    var removed = TemplateStore.clean(root, true);
    assertThat(removed.count()).isEqualTo(1);
    assertThat(removed.bytes()).isPositive();
    assertThat(whole.get(1).dir()).doesNotExist();
  }

  private static <T> Future<T> async(Callable<T> work) {
    var task = new FutureTask<T>(work);
    Thread.ofVirtual().start(task);
    return task;
  }

  @Test
  void another_hypervisor_version_or_memory_size_has_another_template() throws Exception {
    var first = obtain();
    var larger = store().obtain(plan(OTHER_SIZE));
    assertThat(larger.key()).isNotEqualTo(first.key());
    hypervisor.identity = "test 2";
    assertThat(obtain().key()).isNotEqualTo(first.key());
  }

  /** Writes template files as a real hypervisor would. */
  private static final class CountingHypervisor implements Hypervisor, TemplateStore.Recipe {
    private final java.util.concurrent.atomic.AtomicInteger builds =
        new java.util.concurrent.atomic.AtomicInteger();
    private boolean fails;
    private String identity = "test 1";
    private volatile Optional<CountDownLatch> gate = Optional.empty();
    private final CountDownLatch building = new CountDownLatch(1);

    @Override
    public String name() {
      return "test";
    }

    @Override
    public Acceleration acceleration() {
      return Acceleration.EMULATED;
    }

    @Override
    public Ingredient program() {
      throw new UnsupportedOperationException();
    }

    @Override
    public String templateIdentity() {
      return identity;
    }

    @Override
    public Machine start(LaunchPlan plan, PhaseClock clock) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void save(Machine machine, Path state) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void build(LaunchPlan plan, Path template) throws VmException {
      builds.incrementAndGet();
      var waits = gate;
      building.countDown();
      try {
        if (waits.isPresent()) {
          waits.get().await();
        }
      } catch (InterruptedException e) {
        throw new TemplateException("test", e);
      }
      try {
        Files.write(template.resolve(Template.MEMORY_FILE), new byte[4_096]);
        Files.write(template.resolve(Template.STATE_FILE), new byte[] {1, 2, 3});
      } catch (IOException e) {
        throw new TemplateException("test", e);
      }
      if (fails) {
        throw new VmStartException("no boot");
      }
    }

    @Override
    public Machine restore(LaunchPlan plan, Template template, PhaseClock clock) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
