package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void what_could_steer_a_terminal_is_shown() {
    assertThat(Printable.of("a\u001b[2Jb\u0007\r\n\u009b\u0000\t."))
        .isEqualTo("a\\u001b[2Jb\\u0007\\u000d\\u000a\\u009b\\u0000 .");
  }

  @Test
  void what_could_reorder_or_hide_text_is_shown() {
    assertThat(Printable.of("a\u202eb\u2066c\u200bd\ufeffe\u2028f\ud800g\udb40\udc41h"))
        .isEqualTo("a\\u202eb\\u2066c\\u200bd\\ufeffe\\u2028f\\ud800g\\ue0041h");
  }

  @Test
  void letters_of_all_scripts_stay() {
    assertThat(Printable.of("Gr\u00fc\u00dfe, \u4f60\u597d \ud83d\ude00"))
        .isEqualTo("Gr\u00fc\u00dfe, \u4f60\u597d \ud83d\ude00");
  }

  @Test
  void lines_stay_lines_where_that_is_asked_for() {
    assertThat(Printable.lines("a\n\u001bb")).isEqualTo("a\n\\u001bb");
  }

  @Test
  void several_lines_become_one_of_bounded_length() {
    assertThat(Printable.line(" E: no\r\n\tspace\u0007 \n")).isEqualTo("E: no   space\\u0007");
    assertThat(Printable.line("x".repeat(300))).isEqualTo("x".repeat(300));
    assertThat(Printable.line("x".repeat(301))).isEqualTo("x".repeat(300) + "...");
  }

  @Test
  void length_is_bounded() {
    assertThat(Printable.of("x".repeat(100_000))).hasSize(8_195).endsWith("...");
  }
}
