package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchivePathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "..",
        "../x",
        "a/../b",
        "a/..",
        "./../x",
        "a/b/../../..",
        "//x",
        "a\0b",
        "a\nb",
        "\u007f"
      })
  void a_hostile_path_is_refused(String name) {
    assertThatThrownBy(() -> ArchivePath.parse("package evil", name))
        .isInstanceOf(ImageException.CorruptArtifact.class)
        .hasMessageStartingWith("package evil is not usable: entry with ")
        .hasMessageNotContainingAny("\n", "\0");
  }

  @Test
  void a_path_or_a_name_in_it_that_is_too_long_is_refused() {
    assertThatThrownBy(() -> ArchivePath.parse("p", "a/".repeat(513)))
        .isInstanceOf(ImageException.CorruptArtifact.class);
    assertThatThrownBy(() -> ArchivePath.parse("p", "b".repeat(256)))
        .isInstanceOf(ImageException.CorruptArtifact.class);
  }

  @Test
  void dots_and_slashes_without_meaning_are_dropped() throws ImageException {
    assertThat(ArchivePath.parse("p", "./usr//bin/./x/").value()).isEqualTo("usr/bin/x");
    assertThat(ArchivePath.parse("p", "./").isRoot()).isTrue();
    assertThat(ArchivePath.parse("p", "..x/y...").value()).isEqualTo("..x/y...");
  }

  @Test
  void what_belongs_to_a_merged_directory_goes_to_usr() throws ImageException {
    assertThat(ArchivePath.parse("p", "./bin/ls").mergedUsr().value()).isEqualTo("usr/bin/ls");
    assertThat(ArchivePath.parse("p", "lib64/x").mergedUsr().value()).isEqualTo("usr/lib64/x");
    assertThat(ArchivePath.parse("p", "binary/x").mergedUsr().value()).isEqualTo("binary/x");
    assertThat(ArchivePath.parse("p", "usr/bin/x").mergedUsr().value()).isEqualTo("usr/bin/x");
  }

  @Test
  void whatever_the_name_the_result_is_below_the_root_or_an_error() {
    var random = new Random(1);
    var alphabet = List.of("/", ".", "..", "a", "/../", "\0", "é", "bin", " ", "\\", "\n", "./");
    int accepted = 0;
    for (int i = 0; i < 100_000; i++) {
      var name = new StringBuilder();
      for (int n = random.nextInt(8); n >= 0; n--) {
        name.append(alphabet.get(random.nextInt(alphabet.size())));
      }
      try {
        var path = ArchivePath.parse("p", name.toString()).mergedUsr();
        accepted++;
        assertThat(path.value()).doesNotStartWith("/").doesNotEndWith("/");
        assertThat(path.value().split("/")).doesNotContain("..", ".");
        assertThat(ArchivePath.parse("p", path.value())).isEqualTo(path);
      } catch (ImageException e) {
        assertThat(e).isInstanceOf(ImageException.CorruptArtifact.class);
      }
    }
    assertThat(accepted).isBetween(1_000, 99_000);
  }
}
