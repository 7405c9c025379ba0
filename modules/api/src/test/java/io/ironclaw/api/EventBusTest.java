package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventBusTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final EventBus bus = new EventBus();
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @Test
  void events_arrive_in_order_and_only_those_of_the_kind() throws Exception {
    try (var notices = bus.subscribe(Event.Notice.class, e -> seen.add(e.text()))) {
      IntStream.range(0, 100).forEach(i -> bus.preparing("" + i));
      bus.publish(new Event.SandboxClosed(new VmId("x")));
      assertThat(notices.drain(PATIENCE)).isTrue();
      assertThat(seen).isEqualTo(IntStream.range(0, 100).mapToObj(i -> "" + i).toList());
    }
  }

  @Test
  void a_watcher_that_hangs_holds_up_nobody_and_what_it_misses_is_counted() throws Exception {
    var hangs = new CountDownLatch(1);
    var entered = new CountDownLatch(1);
    var slow =
        bus.subscribe(
            Event.class,
            _ -> {
              entered.countDown();
              try {
                hangs.await();
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });
    try (var quick = bus.subscribe(Event.class, e -> seen.add(e.text()))) {
      bus.preparing("first");
      entered.await();
      for (int i = 0; i < Subscription.MOST_WAITING + 7; i++) {
        bus.preparing("next");
        if (i % 500 == 0) {
          assertThat(quick.drain(PATIENCE)).isTrue();
        }
      }
      assertThat(quick.drain(PATIENCE)).isTrue();
      assertThat(seen).hasSize(Subscription.MOST_WAITING + 8);
      assertThat(quick.dropped()).isZero();
      assertThat(slow.dropped()).isEqualTo(7);
      assertThat(slow.drain(Duration.ofMillis(10))).isFalse();
    } finally {
      hangs.countDown();
      slow.close();
    }
  }

  @Test
  void closing_the_bus_hands_over_what_waits_and_nothing_later() {
    var _ = bus.subscribe(Event.class, e -> seen.add(e.text()));
    bus.preparing("before");
    bus.close();
    assertThat(seen).containsExactly("before");
    bus.preparing("after");
    assertThat(seen).containsExactly("before");
  }

  @Test
  void a_watcher_that_fails_is_not_called_again_and_others_are() throws Exception {
    var failing =
        bus.subscribe(
            Event.class,
            _ -> {
              Thread.currentThread().setUncaughtExceptionHandler((_, _) -> seen.add("failed"));
              throw new IllegalStateException("expected");
            });
    try (var other = bus.subscribe(Event.class, e -> seen.add(e.text()))) {
      bus.preparing("one");
      assertThat(failing.drain(PATIENCE)).isTrue();
      bus.preparing("two");
      assertThat(other.drain(PATIENCE)).isTrue();
      assertThat(seen).contains("one", "two").doesNotHaveDuplicates();
    }
  }

  @Test
  void a_watcher_may_wait_for_itself_and_close_itself() throws Exception {
    var closed = new CountDownLatch(1);
    var self = new java.util.concurrent.atomic.AtomicReference<Subscription>();
    self.set(
        bus.subscribe(
            Event.class,
            _ -> {
              self.get().close();
              closed.countDown();
            }));
    bus.preparing("x");
    closed.await();
    bus.preparing("y");
    assertThat(self.get().drain(PATIENCE)).isTrue();
  }
}
