package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.EventSink;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.MachineShape;
import io.ironclaw.guest.ExecRequest;
import io.ironclaw.guest.GuestSocket;
import io.ironclaw.guest.Renewal;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.ImageStore;
import io.ironclaw.vm.Boots;
import io.ironclaw.vm.LaunchPlan;
import io.ironclaw.vm.MachineId;
import io.ironclaw.vm.PhaseClock;
import io.ironclaw.vm.VmDir;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program in a real guest connects to the host through a stream that the guest opens. */
@Tag("vm")
@Timeout(120)
class GuestSocketVmTest {
  /** Sends a MiB and a half, and prints what comes back: more than one window, both ways. */
  private static final String CLIENT =
      """
      import socket, sys, threading
      s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
      sent = b'x' * (3 << 19)
      threading.Thread(target=lambda: (s.sendall(sent), s.shutdown(socket.SHUT_WR))).start()
      got = b''
      while chunk := s.recv(65536):
          got += chunk
      print(len(got), got == sent.upper())
      """;

  @Test
  void bytes_of_more_than_a_window_go_both_ways() throws Exception {
    var settings = RealVms.settings();
    LocalIronClaw.start(settings).open().close();
    var image =
        new ImageStore(
                settings.cacheDir(),
                AgentBinary.packaged(),
                EventSink.none(),
                (_, _, _) -> {
                  throw new AssertionError("it is built already");
                })
            .prepare(ImageRef.DEFAULT);
    var id = MachineId.random();
    try (var hypervisor = new Hypervisors(settings).choose(image, _ -> List.of()).hypervisor();
        var dir = VmDir.create(settings.runtimeDir(), id);
        var machine =
            Boots.boot(
                hypervisor,
                new LaunchPlan(id, dir.path(), MachineShape.DEFAULT, image),
                new PhaseClock())) {
      var agent = machine.agent();
      agent.renew(Renewal.fresh("sockets", 0, new SecureRandom()), Duration.ofSeconds(20));
      try (var listener = agent.listen(0, GuestSocketVmTest::shout)) {
        var command =
            agent.exec(
                new ExecRequest(
                    List.of("python3", "-c", CLIENT, "" + listener.port()),
                    List.of("PATH=/usr/bin"),
                    "/",
                    1_000,
                    1_000,
                    60_000,
                    false,
                    Optional.empty(),
                    Optional.empty()));
        assertThat(new String(command.stdout().readAllBytes(), StandardCharsets.UTF_8))
            .isEqualTo("1572864 True\n");
        assertThat(command.await().code()).isZero();
      }
    }
  }

  /** Gives everything back in upper case. */
  private static void shout(GuestSocket socket) {
    try (socket;
        var out = socket.out()) {
      var buffer = new byte[10_000];
      for (int n = socket.in().read(buffer); n >= 0; n = socket.in().read(buffer)) {
        for (int i = 0; i < n; i++) {
          buffer[i] = (byte) Character.toUpperCase(buffer[i]);
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
