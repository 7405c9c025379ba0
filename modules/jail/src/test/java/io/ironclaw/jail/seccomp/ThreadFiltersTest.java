package io.ironclaw.jail.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadFiltersTest {
  /** BPF_RET, SECCOMP_RET_ALLOW. */
  private static final byte[] ALLOW = HexFormat.of().parseHex("060000000000ff7f");

  @TempDir private Path temp;

  private static Map<String, byte[]> each(byte[] program) {
    return Map.of("vmm", program, "api", program, "vcpu", program);
  }

  private static byte[] of(int instructions) {
    var program = ByteBuffer.allocate(instructions * ALLOW.length);
    for (int i = 0; i < instructions; i++) {
      program.put(ALLOW);
    }
    return program.array();
  }

  @Test
  void the_newer_form_is_what_its_decoder_takes_byte_for_byte() throws Exception {
    assertThat(
            HexFormat.of().formatHex(ThreadFilters.write(each(ALLOW), ThreadFilters.Form.BITCODE)))
        .isEqualTo(
            // Three names, not packed: api, vcpu, vmm; three counts of 1; their instructions.
            "03"
                + "00"
                + "030403"
                + "61706976637075766d6d"
                + "00"
                + "010101"
                + "00"
                + "060000000000ff7f".repeat(3));
  }

  @Test
  void the_older_form_is_counts_and_bytes() throws Exception {
    var read =
        ByteBuffer.wrap(ThreadFilters.write(each(of(2)), ThreadFilters.Form.BINCODE))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(read.getLong()).isEqualTo(3);
    for (var kind : ThreadFilters.KINDS) {
      var name = new byte[(int) read.getLong()];
      read.get(name);
      assertThat(new String(name, StandardCharsets.US_ASCII)).isEqualTo(kind);
      assertThat(read.getLong()).isEqualTo(2);
      read.position(read.position() + 2 * ALLOW.length);
    }
    assertThat(read.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 254, 255, 256, 4_096})
  void programs_of_any_length_can_be_read_back(int instructions) throws Exception {
    var programs = new TreeMap<>(each(of(1)));
    programs.put("vmm", of(instructions));
    var read =
        ByteBuffer.wrap(ThreadFilters.write(programs, ThreadFilters.Form.BITCODE))
            .order(ByteOrder.LITTLE_ENDIAN);
    // Three names of 3, 4 and 3 bytes, each column with its mark before it.
    read.position(1 + 1 + 3 + 10 + 1 + 2);
    int count = Byte.toUnsignedInt(read.get());
    if (count == 255) {
      assertThat(read.get()).isZero();
      count = (int) read.getLong();
    }
    assertThat(count).isEqualTo(instructions);
    assertThat(read.get()).isZero();
    assertThat(read.remaining()).isEqualTo((instructions + 2) * ALLOW.length);
  }

  @Test
  void a_thread_that_would_be_without_a_filter_is_refused() {
    for (var form : ThreadFilters.Form.values()) {
      for (var kind : ThreadFilters.KINDS) {
        var programs = new TreeMap<>(each(ALLOW));
        programs.put(kind, new byte[0]);
        assertThatThrownBy(() -> ThreadFilters.write(programs, form))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("thread " + kind);
        programs.remove(kind);
        assertThatThrownBy(() -> ThreadFilters.write(programs, form))
            .hasMessageContaining("Firecracker has");
      }
    }
    assertThatThrownBy(() -> ThreadFilters.write(each(new byte[12]), ThreadFilters.Form.BINCODE))
        .hasMessageContaining("12 bytes");
    assertThatThrownBy(() -> ThreadFilters.write(each(of(4_097)), ThreadFilters.Form.BINCODE))
        .isInstanceOf(IOException.class);
  }

  @Test
  void a_profile_with_threads_is_made_once_for_each_form() throws Exception {
    String policy = "{\"otherwise\": \"kill_process\", \"rules\": []}";
    String json =
        "{\"threads\": {\"api\": %s, \"vcpu\": %s, \"vmm\": %s}}".formatted(policy, policy, policy);
    var cache = new FilterCache(temp.resolve("seccomp"));
    var wanted = new FilterCache.Wanted(json, FilterCache.Use.ENFORCE);
    Path old = cache.of(wanted, ThreadFilters.Form.BINCODE);
    assertThat(cache.of(wanted, ThreadFilters.Form.BITCODE)).isNotEqualTo(old);
    assertThat(cache.of(wanted, ThreadFilters.Form.BINCODE)).isEqualTo(old);
    assertThat(Files.size(old)).isGreaterThan(100);
    assertThatThrownBy(() ->
            cache.of(
                new FilterCache.Wanted(policy, FilterCache.Use.ENFORCE),
                ThreadFilters.Form.BINCODE))
        .hasMessageContaining("without threads");
  }
}
