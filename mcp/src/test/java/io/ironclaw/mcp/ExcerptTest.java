package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ExcerptTest {
  private static Excerpt of(int bound, String text) {
    var excerpt = new Excerpt(bound);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      excerpt.append(new byte[] {b, 0}, 1);
    }
    return excerpt;
  }

  @Test
  void what_fits_is_whole() {
    assertThat(of(10, "0123456789").text()).isEqualTo("0123456789");
    assertThat(of(10, "0123456789").isCut()).isFalse();
    assertThat(of(10, "").text()).isEmpty();
  }

  @Test
  void what_does_not_fit_keeps_its_ends_and_counts_the_rest() {
    var excerpt = of(10, "abcdeXXXvwxyz");
    assertThat(excerpt.text()).isEqualTo("abcde\n[... 3 bytes left out ...]\nvwxyz");
    assertThat(excerpt.total()).isEqualTo(13);
    assertThat(excerpt.isCut()).isTrue();
  }
}
