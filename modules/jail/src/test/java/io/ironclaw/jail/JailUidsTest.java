package io.ironclaw.jail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.HostException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JailUidsTest {
  @TempDir private Path temp;

  @Test
  void a_range_is_two_numbers_and_never_has_root_in_it() {
    assertThat(JailUids.parse("20000-20009")).isEqualTo(new JailUids(20_000, 20_009));
    for (var bad : new String[] {"", "5", "0-5", "9-5", "-5-9", "1-4294967295", "1-99999999999"}) {
      assertThatThrownBy(() -> JailUids.parse(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void nobody_gets_one_that_is_taken_and_all_taken_is_told_with_the_way_out() throws Exception {
    var uids = new JailUids(1, 2);
    try (var first = uids.take(temp);
        var second = uids.take(temp)) {
      assertThat(first.uid()).isEqualTo(1);
      assertThat(second.uid()).isEqualTo(2);
      assertThatThrownBy(() -> uids.take(temp))
          .isInstanceOf(HostException.class)
          .hasMessageContainingAll("1-2", "IRONCLAW_JAIL_UIDS");
    }
    try (var again = uids.take(temp)) {
      assertThat(again.uid()).isEqualTo(1);
    }
  }

  @Test
  void ids_that_a_container_does_not_have_are_told_before_anything_is_started() throws Exception {
    Path map = Files.writeString(temp.resolve("map"), "         0     100000      65536\n");
    new JailUids(1_000, 65_535).requireMapped(map);
    assertThatThrownBy(() -> new JailUids(1_000, 65_536).requireMapped(map))
        .isInstanceOf(HostException.class)
        .hasMessageContainingAll("don't exist in this container", "IRONCLAW_JAIL_UIDS");
  }
}
