package io.ironclaw.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.Network;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PoolTest {
  private static final Network.Tap OTHER =
      Network.Tap.CLOSED.allowing(List.of(EgressRule.allowing("203.0.113.7:443")));

  @TempDir Path folder;

  @Test
  void from_the_second_on_they_are_made_ahead_and_none_is_left() throws Exception {
    try (var host = HostOfTests.in(folder)) {
      var before = host.listing();
      var made = new AtomicInteger();
      var ahead = new CountDownLatch(3);
      try (var pool =
          new Pool(
              1,
              network -> {
                var slot = host.unkept(network);
                made.incrementAndGet();
                ahead.countDown();
                return slot;
              })) {
        pool.take(Network.Tap.CLOSED).close();
        assertThat(made).hasValue(1);
        pool.take(Network.Tap.CLOSED).close();
        assertThat(ahead.await(20, TimeUnit.SECONDS)).isTrue();
        // Made for another network: it is of no use, and goes.
        try (var slot = pool.take(OTHER)) {
          assertThat(slot.network()).isEqualTo(OTHER);
        }
      }
      assertThat(host.listing()).isEqualTo(before);
    }
  }
}
