package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LineInputTest {
  private static LineInput of(String text, int bound) {
    return new LineInput(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), bound);
  }

  @Test
  void lines_come_without_their_ends_and_the_last_may_have_none() throws Exception {
    var lines = of("a\r\n\nb\nlast", 100);
    assertThat(lines.next()).contains("a");
    assertThat(lines.next()).contains("");
    assertThat(lines.next()).contains("b");
    assertThat(lines.next()).contains("last");
    assertThat(lines.next()).isEmpty();
  }

  @Test
  void a_line_that_is_too_long_is_skipped_whole_and_the_next_one_is_read() throws Exception {
    var lines = of("x".repeat(100_000) + "\nnext\n", 1_000);
    assertThatThrownBy(lines::next).isInstanceOf(LineInput.TooLongException.class);
    assertThat(lines.next()).contains("next");
  }
}
