package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void what_could_steer_a_terminal_is_a_question_mark_and_letters_stay() {
    assertThat(Printable.of("a\u001b[31m\u0000\u009b\u202e\u2028\ud800ä😀\n"))
        .isEqualTo("a?[31m?????ä😀?");
  }

  @Test
  void several_lines_become_one_of_bounded_length() {
    assertThat(Printable.line(" E: no\r\n\tspace\u0007 \n")).isEqualTo("E: no   space?");
    assertThat(Printable.line("x".repeat(300))).isEqualTo("x".repeat(300));
    assertThat(Printable.line("x".repeat(301))).isEqualTo("x".repeat(300) + "...");
  }
}
