package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.AuditKind;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RingTest {
  private static Encoded noise(int i) {
    return Encoded.of(
        Data.of(Logs.VM).number("i", i).entry(AuditKind.TOOL, Instant.EPOCH.plusSeconds(i)));
  }

  @Test
  void the_oldest_falls_out_and_is_counted_by_kind() {
    var ring = new Ring(400, 1 << 20);
    for (int i = 0; i < 1_000; i++) {
      ring.add(noise(i));
    }
    assertThat(ring.entries()).hasSize(300);
    assertThat(ring.entries().getLast().entry().data()).containsEntry("i", 999L);
    assertThat(ring.dropped()).containsOnly(java.util.Map.entry(AuditKind.TOOL, 700L));
  }

  @Test
  void noise_displaces_no_entry_of_a_security_kind() {
    var ring = new Ring(400, 1 << 20);
    ring.add(Logs.entry("the one that counts"));
    for (int i = 0; i < 100_000; i++) {
      ring.add(noise(i));
    }
    assertThat(ring.entries().getFirst().kind()).isEqualTo(AuditKind.VM_DIED);
  }

  @Test
  void its_bytes_are_bounded_whatever_the_entries_are() {
    var ring = new Ring(10_000, 1 << 20);
    for (int i = 0; i < 3_000; i++) {
      ring.add(Logs.entry("x".repeat(4_000)));
      ring.add(noise(i));
    }
    assertThat(ring.entries().stream().mapToLong(Encoded::bytes).sum()).isLessThan(1 << 20);
    assertThat(ring.entries()).isNotEmpty();
  }
}
