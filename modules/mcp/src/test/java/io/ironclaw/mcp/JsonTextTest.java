package io.ironclaw.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTextTest {
  @Test
  void what_is_written_is_one_line_for_every_reader_and_reads_as_what_it_was() throws Exception {
    String text = "a\u2028b\u2029c\u0085d\u007fe\n\u0000\u001b \ud83d\ude00";
    String json = JsonText.write(Map.of(text, List.of(text)));
    assertThat(json).doesNotContain("\u2028", "\u2029", "\u0085", "\u007f", "\n", "\u001b");
    assertThat(JsonText.parse(json)).isEqualTo(Map.of(text, List.of(text)));
  }

  @Test
  void the_length_is_what_is_written() {
    for (int c = 0; c < 0x3000; c++) {
      String text = String.valueOf((char) c);
      assertThat(JsonText.length(text)).as("%x", c).isEqualTo(JsonText.write(text).length() - 2);
    }
  }

  @Test
  void what_no_other_encoding_can_hold_and_what_is_ambiguous_is_refused() {
    for (String bad :
        new String[] {
          "\"\\ud800\"",
          "{\"\\udc00x\":1}",
          "{\"a\":1,\"a\":2}",
          "[".repeat(100) + "]".repeat(100),
          "",
          "1 2",
          "NaN",
          "{\"a\"",
          "9".repeat(1_000)
        }) {
      assertThatThrownBy(() -> JsonText.parse(bad))
          .as(bad)
          .isInstanceOf(JsonText.BadJsonException.class);
    }
  }
}
