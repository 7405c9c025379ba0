package io.ironclaw.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.Network;
import io.ironclaw.api.NetworkDenial;
import io.ironclaw.api.Verdict;
import io.ironclaw.host.ffi.PacketSocket;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WatchTest {
  private static final Network.Tap NETWORK =
      Network.Tap.CLOSED.allowing(List.of(EgressRule.allowing("api.example.org")));

  @TempDir Path folder;

  /** Whether the watch has somebody find that something is wrong after a change. */
  private void assertSeen(boolean onHost, String... command) throws Exception {
    try (var host = HostOfTests.in(folder)) {
      var slot = host.slot(NETWORK);
      var lost = new CompletableFuture<String>();
      slot.begin(
          _ -> {},
          () -> {
            try {
              slot.again().stream()
                  .filter(reading -> reading.verdict() == Verdict.FAILED)
                  .findFirst()
                  .ifPresent(reading -> lost.complete(reading.item().text()));
            } catch (io.ironclaw.api.HostException e) {
              lost.completeExceptionally(e);
            }
          });
      // What is learnt is a change, and nothing is lost by it.
      slot.learnt()
          .learn(Map.of("name_1_4", List.of(IpBlock.of("203.0.113.9"))), Duration.ofMinutes(1));
      assertThat(lost).isNotDone();
      var words =
          List.of(command).stream()
              .map(word -> word.replace("TABLE", onHost ? slot.plan().table() : Plan.INSIDE))
              .map(word -> word.replace("LINK", slot.plan().link()))
              .toArray(String[]::new);
      host.run(onHost ? host.namespace() : slot.inside(), words);
      assertThat(lost.get(20, TimeUnit.SECONDS)).as(String.join(" ", command)).isNotEmpty();
    }
  }

  @Test
  void a_flushed_table_is_seen_inside_and_on_the_host() throws Exception {
    assertSeen(false, "nft", "flush ruleset");
    assertSeen(true, "nft", "flush table inet TABLE");
    assertSeen(true, "nft", "flush ruleset");
  }

  @Test
  void a_rule_more_a_link_more_and_a_link_less_are_seen() throws Exception {
    assertSeen(false, "nft", "insert rule inet TABLE forward accept");
    assertSeen(false, "ip", "link", "add", "second", "type", "veth", "peer", "name", "third");
    assertSeen(true, "ip", "link", "del", "LINK");
  }

  @Test
  void what_is_denied_is_told_once_with_the_rule_that_would_allow_it() throws Exception {
    try (var host = HostOfTests.in(folder)) {
      var slot = host.slot(NETWORK);
      var told = new LinkedBlockingQueue<NetworkDenial>();
      slot.begin(told::add, () -> {});
      // As a guest would, if this process were one: into the tap, past nothing.
      var frames = new Frames(Plan.OUTER_MAC, Plan.INNER_MAC);
      var frame =
          frames.open(Frames.TCP, IpBlock.of("203.0.113.1"), Plan.GATEWAY, 8_080, new byte[0]);
      host.namespace()
          .call(
              Tools.task(() ->
                  PacketSocket.send(
                      NetworkInterface.getByName(slot.plan().link()).getIndex(), List.of(frame))));
      // It came from the host's side, where nobody is to be told of anything.
      assertThat(told.poll(200, TimeUnit.MILLISECONDS)).isNull();
      slot.denials().name("other.example.org");
      slot.denials().name("other.example.org");
      slot.denials().name("\u001b[31m");
      assertThat(told.take().rule()).isEqualTo(Optional.of("other.example.org:443"));
      assertThat(told.take().rule()).isEmpty();
      assertThat(told).isEmpty();
      assertThat(slot.report().denials().getLast().times()).isEqualTo(2);
      assertThat(slot.report().text())
          .contains("allow api.example.org:443", "to allow it: --allow");
      assertThat(slot.report().json()).contains("\"rule\":\"other.example.org:443\"");
    }
  }
}
