package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmIdTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../etc/passwd",
        "",
        "a/b",
        ".",
        "..",
        "a\0b",
        "a\n",
        "\na",
        "-a",
        "a-",
        "A",
        "vm_1",
        "\u0430bc",
        "\uff41",
        "a\u200db",
        "vm 1",
        "%2e%2e"
      })
  void anything_that_could_be_more_than_a_name_is_refused(String value) {
    assertThatThrownBy(() -> new VmId(value))
        .isInstanceOf(InvalidVmIdException.class)
        .hasMessageContaining("use 1 to 64 characters")
        .message()
        .matches("[\\x20-\\x7e]*");
  }

  @Test
  void sixty_four_characters_are_a_name_and_sixty_five_are_none() {
    assertThat(new VmId("a".repeat(64)).value()).hasSize(64);
    assertThatThrownBy(() -> new VmId("a".repeat(65))).isInstanceOf(InvalidVmIdException.class);
  }

  @Test
  void random_ids_are_valid_and_differ() {
    assertThat(VmId.random()).isNotEqualTo(VmId.random());
  }
}
