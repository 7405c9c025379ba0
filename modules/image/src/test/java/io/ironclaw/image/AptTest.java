package io.ironclaw.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ImageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AptTest {
  private static final String HEX = "0123456789abcdef".repeat(4);

  @Test
  void a_line_of_print_uris_is_read() throws Exception {
    assertThat(Apt.parse("'http://host/a/x_1%3a2_amd64.deb' x_1%3a2_amd64.deb 42 SHA256:" + HEX))
        .isEqualTo(new Apt.Package("x_1%3a2_amd64.deb", 42, new Digest(HEX)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'http://host/x.deb' x.deb 42 MD5Sum:00",
        "'http://host/x.deb' ../x.deb 42 SHA256:%s",
        "'http://host/x.deb' x.deb big SHA256:%s",
        "'http://host/x.deb' x.deb SHA256:%s",
        "'http://host/x.deb"
      })
  void a_line_without_a_checksum_or_with_a_bad_name_is_refused(String line) {
    assertThatThrownBy(() -> Apt.parse(line.replace("%s", HEX)))
        .isInstanceOf(ImageException.DownloadFailed.class);
  }
}
