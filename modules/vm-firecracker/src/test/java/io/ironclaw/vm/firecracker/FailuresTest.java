package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Seccomp;
import io.ironclaw.api.VmStartException;
import io.ironclaw.vm.Boots;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.Template;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong is told in one message, with what Firecracker said last; nothing is left. */
@Tag("firecracker")
class FailuresTest {
  private static final Waits SHORT =
      new Waits(
          Duration.ofSeconds(2),
          Duration.ofMillis(700),
          Duration.ofSeconds(5),
          Duration.ofMillis(800));

  @TempDir private Path temp;
  private Traces before = new Traces(new java.util.TreeSet<>());

  @BeforeEach
  void look() throws Exception {
    before = Traces.now();
  }

  @AfterEach
  void nothing_is_left() throws Exception {
    before.assertNoMore();
  }

  private static void boot(Bench bench, String guest) throws Exception {
    Boots.boot(bench.hypervisor(), bench.plan(guest), new PhaseClock()).close();
  }

  @Test
  void a_guest_that_resets_before_it_speaks_is_told_with_its_console() throws Exception {
    try (var bench = Bench.in(temp)) {
      assertThatThrownBy(() -> boot(bench, "resets"))
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll(
              "guest can't be reached", "Firecracker ended with status 0", "guest: resets");
    }
  }

  @Test
  void a_guest_that_faults_is_told_with_its_console() throws Exception {
    try (var bench = Bench.in(temp)) {
      assertThatThrownBy(() -> boot(bench, "faults"))
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll("Firecracker ended with status", "guest: faults");
    }
  }

  @Test
  void a_kernel_that_is_none_is_named_with_the_request() throws Exception {
    try (var bench = Bench.in(temp)) {
      var plan = bench.plan(bench.image(Files.writeString(temp.resolve("text"), "no kernel")));
      assertThatThrownBy(() -> bench.hypervisor().start(plan, new PhaseClock()))
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll("could not start the guest", "PUT /actions", "elf");
    }
  }

  @Test
  void a_file_that_is_not_there_is_named() throws Exception {
    try (var bench = Bench.in(temp)) {
      var plan = bench.plan("guest");
      Files.delete(plan.image().rootfs());
      assertThatThrownBy(() -> bench.hypervisor().start(plan, new PhaseClock()))
          .isInstanceOf(HostException.class)
          .hasMessageContaining(plan.image().rootfs().toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "state, flipped, CRC64",
    "state, short, restore the template",
    "state, empty, restore the template",
    "memory, short, restore the template",
  })
  void a_template_that_is_damaged_is_no_machine(String name, String how, String why)
      throws Exception {
    try (var bench = Bench.in(temp)) {
      var template = bench.template();
      damage(template.dir().resolve(name), how);
      assertThatThrownBy(
              () -> bench.hypervisor().restore(bench.plan("guest"), template, new PhaseClock()))
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll("restore the template's state", "/snapshot/load", why);
    }
  }

  private static void damage(Path file, String how) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    switch (how) {
      case "flipped" -> {
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      }
      case "short" -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
      default -> Files.write(file, new byte[0]);
    }
  }

  @Test
  void a_template_of_which_a_file_is_gone_is_no_machine() throws Exception {
    try (var bench = Bench.in(temp)) {
      var template = bench.template();
      Files.delete(template.memory());
      assertThatThrownBy(
              () -> bench.hypervisor().restore(bench.plan("guest"), template, new PhaseClock()))
          .isInstanceOf(HostException.class)
          .hasMessageContaining(template.memory().toString());
    }
  }

  @Test
  void a_template_of_another_machine_is_no_machine() throws Exception {
    try (var bench = Bench.in(temp)) {
      var one = bench.template();
      var other =
          new Template(Files.createDirectory(temp.resolve("mixed")), "k", one.ingredients());
      Files.copy(one.state(), other.memory());
      Files.copy(one.memory(), other.state());
      assertThatThrownBy(
              () -> bench.hypervisor().restore(bench.plan("guest"), other, new PhaseClock()))
          .isInstanceOf(VmStartException.class);
    }
  }

  @Test
  void a_guest_that_is_silent_is_given_up_with_its_console() throws Exception {
    try (var bench = Bench.in(temp, Bench.program(), Seccomp.BASIC, SHORT)) {
      assertThatThrownBy(() -> boot(bench, "silent"))
          .isInstanceOfSatisfying(
              VmStartException.class,
              e -> assertThat(e.isHang()).as("another try can help").isTrue())
          .hasMessageContainingAll("did not answer", "within 800 ms", "guest: says no more");
    }
  }

  /** A program in the place of Firecracker, and the real jailer. */
  private FirecrackerProgram fake(int answers, String answer, String end) throws Exception {
    Path program = temp.resolve("firecracker");
    var compiler =
        new ProcessBuilder(
                "gcc",
                "-static",
                "-w",
                "-DANSWERS=" + answers,
                "-DANSWER=\"" + answer + '"',
                "-DEND=" + end,
                "-o",
                program.toString(),
                Path.of(System.getProperty("ironclaw.root"))
                    .resolve("modules/vm-firecracker/src/test/c/fake.c")
                    .toString())
            .inheritIO()
            .start();
    assertThat(compiler.waitFor()).isZero();
    Files.copy(
        Bench.program().jailer(), temp.resolve("jailer"), StandardCopyOption.COPY_ATTRIBUTES);
    return FirecrackerProgram.find(Optional.of(program), temp, "", Bench.OLDEST);
  }

  private String startOf(FirecrackerProgram program) throws Exception {
    try (var bench = Bench.in(temp, program, Seccomp.NONE, SHORT)) {
      var thrown = catchThrowable(() -> boot(bench, "guest"));
      assertThat(thrown).isInstanceOf(VmStartException.class);
      return String.valueOf(thrown.getMessage());
    }
  }

  @Test
  void an_API_that_is_silent_is_given_up() throws Exception {
    assertThat(startOf(fake(0, "", "")))
        .contains("did not set CPUs and memory up", "PUT /machine-config", "within 700 ms")
        .contains("fake: up");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"SSH-2.0-x\\r\\n\\r\\n", "HTTP/1.1 204 \\r\\nTransfer-Encoding: x\\r\\n\\r\\n"})
  void an_API_that_answers_what_is_no_answer_is_given_up(String answer) throws Exception {
    assertThat(startOf(fake(1, answer, ""))).contains("PUT /machine-config", "an answer");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void a_crash_in_any_phase_is_told_with_the_last_words(int answers) throws Exception {
    assertThat(startOf(fake(answers, "HTTP/1.1 204 \\r\\n\\r\\n", "raise(SIGSEGV)")))
        .contains("fake: last words")
        .containsPattern("Firecracker ended|Firecracker's guest can't be reached");
  }

  @Test
  void a_program_that_is_none_is_told_by_the_jailer() throws Exception {
    var program = fake(0, "", "");
    Files.writeString(program.path(), "no program");
    try (var bench = Bench.in(temp, program, Seccomp.NONE, SHORT)) {
      assertThatThrownBy(() -> boot(bench, "guest"))
          .isInstanceOf(HostException.class)
          .hasMessageContainingAll("no jail can be made", "Jailer error");
    }
  }

  @Test
  void filters_in_the_form_of_another_version_are_told_with_what_firecracker_says()
      throws Exception {
    var old = Bench.program();
    var program =
        new FirecrackerProgram(old.path(), old.jailer(), new Version(1, 15, 1), old.stamp());
    try (var bench = Bench.in(temp, program, Seccomp.BASIC)) {
      assertThatThrownBy(() -> boot(bench, "guest"))
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll("Firecracker ended with status 1", "Filter deserialization");
    }
  }
}
