package io.ironclaw.vm.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpAnswerTest {
  private static final String REAL =
      """
      HTTP/1.1 400\s
      Server: Firecracker API
      Connection: keep-alive
      Content-Type: application/json
      Content-Length: 25

      {"fault_message":"wrong"}\
      """
          .replace("\n", "\r\n");

  private static HttpAnswer read(String text) throws IOException {
    return HttpAnswer.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void an_answer_is_read_and_nothing_of_the_next() throws Exception {
    var two =
        new ByteArrayInputStream(("HTTP/1.1 204 \r\n\r\n" + REAL).getBytes(StandardCharsets.UTF_8));
    assertThat(HttpAnswer.read(two)).isEqualTo(new HttpAnswer(204, ""));
    assertThat(HttpAnswer.read(two))
        .isEqualTo(new HttpAnswer(400, "{\"fault_message\":\"wrong\"}"));
    assertThatThrownBy(() -> HttpAnswer.read(two)).isInstanceOf(EOFException.class);
  }

  @Test
  void one_that_is_cut_anywhere_is_an_error() {
    for (int length = 0; length < REAL.length(); length++) {
      String cut = REAL.substring(0, length);
      assertThatThrownBy(() -> read(cut)).as(cut).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.0 200 \r\n\r\n', no HTTP",
    "'HTTP/1.1 20 \r\n\r\n', no HTTP",
    "'HTTP/1.1 2000\r\n\r\n', no HTTP",
    "'HTTP/1.1 100 \r\n\r\n', no HTTP",
    "'SSH-2.0-x\r\n\r\n', no HTTP",
    "'HTTP/1.1 200 \r\nContent-Length: -1\r\n\r\n', no length",
    "'HTTP/1.1 200 \r\nContent-Length: 9999999999\r\n\r\n', over",
    "'HTTP/1.1 200 \r\nContent-Length: 300000\r\n\r\n', over",
    "'HTTP/1.1 200 \r\nContent-Length:\r\n\r\n', no length",
    "'HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n', transfer encoding",
    "'HTTP/1.1 200 \r\nwithout a colon\r\n\r\n', without a name",
  })
  void what_firecracker_never_writes_is_an_error(String text, String why) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class).hasMessageContaining(why);
  }

  @Test
  void a_head_without_end_is_given_up() {
    assertThatThrownBy(() -> read("HTTP/1.1 200 \r\nX: " + "x".repeat(10_000)))
        .hasMessageContaining("head is over");
  }

  @Test
  void bytes_of_any_kind_are_an_answer_or_an_error() throws Exception {
    var random = new Random(18);
    int read = 0;
    try (var files = Files.list(Path.of(System.getProperty("ironclaw.root"), "fuzz", "answers"))) {
      for (var file : files.toList()) {
        byte[] bytes = Files.readAllBytes(file);
        HttpAnswerFuzz.fuzzerTestOneInput(bytes);
        for (int i = 0; i < 500; i++) {
          byte[] changed = bytes.clone();
          changed[random.nextInt(changed.length)] = (byte) random.nextInt();
          HttpAnswerFuzz.fuzzerTestOneInput(changed);
        }
        read++;
      }
    }
    assertThat(read).isGreaterThan(3);
  }
}
