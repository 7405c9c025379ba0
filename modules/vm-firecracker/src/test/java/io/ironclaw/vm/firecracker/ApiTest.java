package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.VmStartException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the real API answers, and does not. */
@Tag("firecracker")
class ApiTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  @TempDir private Path temp;
  private Optional<Process> process = Optional.empty();

  @BeforeEach
  void start() throws Exception {
    process =
        Optional.of(
            new ProcessBuilder(
                    Bench.program().path().toString(), "--api-sock", "api", "--level", "Error")
                .directory(temp.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectErrorStream(true)
                .start());
  }

  @AfterEach
  void end() throws Exception {
    process.orElseThrow().destroyForcibly().waitFor();
  }

  private Api connected() throws Exception {
    return new Api(UnixStream.connect(() -> temp.resolve("api"), 0, Optional::empty, SOON));
  }

  private void signal(String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, "" + process.orElseThrow().pid()).start();
    assertThat(kill.waitFor()).isZero();
  }

  @Test
  void what_is_asked_for_is_done_and_can_be_asked_back_over_one_connection() throws Exception {
    try (var api = connected()) {
      assertThat(api.get("/version", SOON)).isEqualTo(Map.of("firecracker_version", "1.12.1"));
      api.request(new ApiRequest.MachineConfig(2, 96), SOON);
      assertThat(api.get("/machine-config", SOON))
          .containsEntry("vcpu_count", 2L)
          .containsEntry("mem_size_mib", 96L);
    }
  }

  @Test
  void a_request_that_is_refused_is_named_with_the_reason_and_the_next_is_answered()
      throws Exception {
    try (var api = connected()) {
      assertThatThrownBy(() -> api.request(new ApiRequest.Drive("root", "/nonexistent"), SOON))
          .isInstanceOf(VmStartException.class)
          .hasMessageContainingAll(
              "could not attach the disk root", "PUT /drives/root", "400", "No such file");
      assertThatThrownBy(() -> api.request(new ApiRequest.MachineConfig(0, 96), SOON))
          .hasMessageContaining("The number of vCPUs must be greater than 0");
      assertThatThrownBy(() -> api.request(new ApiRequest.State(false), SOON))
          .hasMessageContainingAll("could not stop the guest", "not supported before starting");
      assertThatThrownBy(() -> api.get("/nope", SOON)).hasMessageContaining("Invalid request");
      assertThat(api.get("/", SOON)).containsEntry("state", "Not started");
    }
  }

  @Test
  void a_kernel_command_line_that_is_too_long_is_refused() throws Exception {
    try (var api = connected()) {
      var boot =
          new ApiRequest.BootSource(
              Bench.guest("guest").toString(),
              Bench.guest("guest").toString(),
              "x".repeat(ApiRequest.BootSource.MOST_ARGUMENTS + 1));
      assertThatThrownBy(() -> api.request(boot, SOON))
          .hasMessageContainingAll("PUT /boot-source", "command line is invalid");
    }
  }

  /** Text that looks like JSON, with a line break in it. */
  @Test
  void an_error_that_is_no_json_is_shown_in_one_line() throws Exception {
    try (var api = connected()) {
      var boot = new ApiRequest.BootSource("/kernel", "/initramfs", "x".repeat(60_000));
      assertThatThrownBy(() -> api.request(boot, SOON))
          .hasMessageContaining("larger than the limit of 51200")
          .message()
          .doesNotContain("\n");
    }
  }

  @Test
  void more_connections_than_it_takes_are_told() throws Exception {
    var held = new ArrayList<Api>();
    try {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 12; i++) {
                  held.add(connected());
                  held.getLast().get("/version", SOON);
                }
              })
          .isInstanceOf(VmStartException.class)
          // It says so and hangs up: the question may be sent after that.
          .hasMessageMatching(".*(Too many open connections|Broken pipe|ended while).*");
      assertThat(held).hasSizeGreaterThan(9);
    } finally {
      held.forEach(Api::close);
    }
  }

  @Test
  void one_that_does_not_answer_is_given_up_and_asked_nothing_more() throws Exception {
    try (var api = connected()) {
      signal("STOP");
      assertThatThrownBy(() -> api.get("/version", Duration.ofMillis(200)))
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("nothing came within 200 ms");
      signal("CONT");
      // An answer now would be to the question before.
      assertThatThrownBy(() -> api.get("/", SOON)).isInstanceOf(VmStartException.class);
    }
  }

  @Test
  void one_that_ends_while_it_is_asked_is_told() throws Exception {
    try (var api = connected()) {
      signal("KILL");
      assertThatThrownBy(() -> api.get("/version", SOON))
          .isInstanceOf(VmStartException.class)
          .hasMessageContaining("Firecracker");
    }
  }

  @Test
  void the_hosts_own_address_is_no_guests() {
    assertThatThrownBy(() -> new ApiRequest.Vsock(2, "/run/vsock"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use 3 at least");
  }
}
