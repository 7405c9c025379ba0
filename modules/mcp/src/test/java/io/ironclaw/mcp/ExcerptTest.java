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
    assertThat(of(10, "0123456789").shown(1_000).cut()).isFalse();
    assertThat(of(10, "").text()).isEmpty();
  }

  @Test
  void what_does_not_fit_keeps_its_ends_and_counts_the_rest() {
    var excerpt = of(10, "abcdeXXXvwxyz");
    assertThat(excerpt.text()).isEqualTo("abcde\n[... 3 bytes left out ...]\nvwxyz");
    assertThat(excerpt.total()).isEqualTo(13);
    assertThat(excerpt.shown(1_000).cut()).isTrue();
  }

  @Test
  void what_is_shown_fits_as_json_whatever_it_is() {
    for (String piece :
        new String[] {"x", "\n", "\u0000", "\"", "\u2028", "\u20ac", "\ud83d\ude00"}) {
      for (int most : new int[] {200, 1_001, 18_000}) {
        var shown = of(32_768, piece.repeat(40_000)).shown(most);
        assertThat(JsonText.length(shown.text())).isLessThanOrEqualTo(most);
        assertThat(shown.cut()).isTrue();
        assertThat(shown.isText()).as(piece).isTrue();
        assertThat(shown.text()).startsWith(piece).endsWith(piece).contains("bytes left out");
      }
    }
  }

  @Test
  void bytes_that_are_no_text_are_marked() {
    var excerpt = new Excerpt(10);
    excerpt.append(new byte[] {'a', (byte) 0xff}, 2);
    assertThat(excerpt.shown(1_000)).isEqualTo(new Excerpt.Shown("a\ufffd", false, false));
  }
}
