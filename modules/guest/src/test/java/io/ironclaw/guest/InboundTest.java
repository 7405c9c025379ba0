package io.ironclaw.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.GuestGoneException;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class InboundTest {
  @Test
  void bytes_come_out_as_they_went_in_and_credit_equals_what_was_read() throws Exception {
    var random = new Random(4);
    var granted = new AtomicLong();
    var inbound = new Inbound("stdout", granted::addAndGet, Long.MAX_VALUE);
    var in = new ByteArrayOutputStream();
    var out = new ByteArrayOutputStream();
    long balance = Inbound.WINDOW;
    for (int round = 0; round < 5_000; round++) {
      long before = granted.get();
      if (random.nextBoolean()) {
        var chunk = new byte[1 + random.nextInt(20_000)];
        random.nextBytes(chunk);
        if (chunk.length <= balance) {
          inbound.accept(chunk);
          in.write(chunk);
          balance -= chunk.length;
        }
      } else if (inbound.available() > 0) {
        var buffer = new byte[1 + random.nextInt(30_000)];
        out.write(buffer, 0, inbound.read(buffer));
      }
      balance += granted.get() - before;
      assertThat(inbound.available()).isEqualTo(in.size() - out.size());
      assertThat(inbound.available()).isLessThanOrEqualTo(Inbound.WINDOW);
    }
    inbound.end();
    inbound.transferTo(out);
    assertThat(out.toByteArray()).isEqualTo(in.toByteArray());
  }

  @Test
  void a_closed_channel_gives_no_more_credit() throws Exception {
    var granted = new AtomicLong();
    var inbound = new Inbound("stdout", granted::addAndGet, Long.MAX_VALUE);
    inbound.accept(new byte[65_536]);
    inbound.close();
    inbound.accept(new byte[65_536]);
    assertThat(inbound.available()).isZero();
    assertThat(granted.get()).isZero();
    assertThatThrownBy(inbound::read).hasMessageContaining("closed");
  }

  @Test
  void what_was_received_before_a_failure_can_still_be_read() throws Exception {
    var inbound = new Inbound("stdout", _ -> {}, Long.MAX_VALUE);
    inbound.accept(new byte[] {1, 2});
    inbound.fail(new GuestGoneException("test"));
    assertThat(inbound.read()).isEqualTo(1);
    assertThat(inbound.read()).isEqualTo(2);
    assertThatThrownBy(inbound::read).hasMessageContaining("VM is gone: test");
  }
}
