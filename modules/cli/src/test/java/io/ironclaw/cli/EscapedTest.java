package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EscapedTest {
  @Test
  void what_could_steer_a_terminal_is_shown() {
    assertThat(Escaped.line("a\u001b[2Jb\u0007\r\n\u009b\u0000"))
        .isEqualTo("a\\u001b[2Jb\\u0007\\u000d\\u000a\\u009b\\u0000");
  }

  @Test
  void what_could_reorder_or_hide_text_is_shown() {
    assertThat(Escaped.line("a\u202eb\u2066c\u200bd\ufeffe\u2028f"))
        .isEqualTo("a\\u202eb\\u2066c\\u200bd\\ufeffe\\u2028f");
  }

  @Test
  void letters_of_all_scripts_stay() {
    assertThat(Escaped.line("Gr\u00fc\u00dfe, \u4f60\u597d \ud83d\ude00"))
        .isEqualTo("Gr\u00fc\u00dfe, \u4f60\u597d \ud83d\ude00");
  }

  @Test
  void a_further_line_can_not_pose_as_a_message_of_ours() {
    assertThat(Escaped.lines("died\nironclaw: all is well"))
        .isEqualTo("died\n  ironclaw: all is well");
  }

  @Test
  void length_is_bounded() {
    assertThat(Escaped.line("x".repeat(100_000))).hasSize(8_195).endsWith("...");
  }
}
