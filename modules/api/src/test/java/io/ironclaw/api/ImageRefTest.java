package io.ironclaw.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageRefTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "debian", "debian-13", "my_image.v2", "0"})
  void a_good_name_is_accepted(String name) throws Exception {
    assertThat(ImageRef.parse(name)).isEqualTo(new ImageRef.Named(new ImageName(name)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "-x", "_x", "Debian", "a b", "a\nb", "a\0", "débian", "a:b"})
  void a_bad_name_is_refused_and_the_known_ones_are_listed(String name) {
    assertThatThrownBy(() -> ImageRef.parse(name))
        .isInstanceOf(ImageException.UnknownImage.class)
        .hasMessageContaining("known images are debian")
        .hasMessageNotContainingAny("\n", "\0");
    assertThatThrownBy(() -> new ImageName(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_name_has_at_most_64_characters() {
    assertThat(new ImageName("a".repeat(64)).value()).hasSize(64);
    assertThatThrownBy(() -> new ImageName("a".repeat(65)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void text_with_a_slash_is_a_path() throws Exception {
    assertThat(ImageRef.parse("/images/../x.erofs"))
        .isEqualTo(new ImageRef.File(Path.of("/x.erofs")));
    assertThat(ImageRef.parse("./x")).isEqualTo(new ImageRef.File(Path.of("x").toAbsolutePath()));
  }

  @Test
  void a_path_that_no_file_can_have_is_refused() {
    assertThatThrownBy(() -> ImageRef.parse("/a\0b"))
        .isInstanceOf(ImageException.UnknownImage.class);
  }
}
