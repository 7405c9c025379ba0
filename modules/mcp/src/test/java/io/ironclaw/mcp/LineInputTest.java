package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.mcp.LineInput.Line;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LineInputTest {
  private static LineInput of(byte[] bytes, int bound) {
    return new LineInput(new ByteArrayInputStream(bytes), bound);
  }

  private static LineInput of(String text, int bound) {
    return of(text.getBytes(StandardCharsets.UTF_8), bound);
  }

  @Test
  void lines_come_without_their_ends_and_the_last_may_have_none() throws Exception {
    var lines = of("a\r\n\nb\nlast", 100);
    assertThat(lines.next()).contains(new Line.Text("a"));
    assertThat(lines.next()).contains(new Line.Text(""));
    assertThat(lines.next()).contains(new Line.Text("b"));
    assertThat(lines.next()).contains(new Line.Text("last"));
    assertThat(lines.next()).isEmpty();
  }

  @Test
  void a_byte_order_mark_before_the_first_line_is_skipped() throws Exception {
    var lines = of("\ufeffa\n\ufeffb\n", 100);
    assertThat(lines.next()).contains(new Line.Text("a"));
    assertThat(lines.next()).contains(new Line.Text("\ufeffb"));
  }

  @Test
  void bytes_that_are_no_text_are_told_as_such() throws Exception {
    var lines = of(new byte[] {'a', (byte) 0xff, '\n', 'b', '\n'}, 100);
    assertThat(lines.next()).contains(new Line.NoText());
    assertThat(lines.next()).contains(new Line.Text("b"));
  }

  @Test
  void a_line_that_is_too_long_is_skipped_whole_and_the_next_one_is_read() throws Exception {
    var lines = of("x".repeat(100_000) + "\nnext\n", 1_000);
    assertThat(lines.next()).contains(new Line.TooLong(1_000, Optional.empty()));
    assertThat(lines.next()).contains(new Line.Text("next"));
  }

  @Test
  void the_id_of_a_line_that_is_too_long_is_found_wherever_it_stands() throws Exception {
    String big =
        "\"params\":{\"id\":7,\"x\":[{\"id\":8}],\"s\":\"\\\",\\\"id\\\":9,"
            + "y".repeat(9_000)
            + "\"}";
    for (String line :
        new String[] {
          "{\"id\":\"a-1\"," + big + "}",
          "{" + big + ",\"jsonrpc\":\"2.0\",\"id\":\"a-1\"}",
          "{ " + big + " , \"id\" : \"a-1\" , \"method\":\"m\"}"
        }) {
      assertThat(of(line + "\n", 1_000).next())
          .contains(new Line.TooLong(1_000, Optional.of("a-1")));
    }
    assertThat(of("{\"id\":12," + big + "}\n", 1_000).next())
        .contains(new Line.TooLong(1_000, Optional.of(12L)));
    assertThat(of("{\"id\":1.5," + big + "}\n", 1_000).next())
        .contains(new Line.TooLong(1_000, Optional.empty()));
    assertThat(of("{" + big + "}\n", 1_000).next())
        .contains(new Line.TooLong(1_000, Optional.empty()));
  }
}
