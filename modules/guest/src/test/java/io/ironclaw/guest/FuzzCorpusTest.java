package io.ironclaw.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What fuzzing starts from, and what it has found, is read as it should be. */
class FuzzCorpusTest {
  private static List<byte[]> corpus(String target) throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("ironclaw.root"), "fuzz", target))) {
      var inputs = files.sorted().map(FuzzCorpusTest::bytes).toList();
      assertThat(inputs).hasSizeGreaterThan(3);
      return inputs;
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void frames_and_messages_of_the_corpus_are_frames_and_messages_or_a_breach() throws Exception {
    for (var input : corpus("frames")) {
      FrameFuzz.fuzzerTestOneInput(input);
      MessageFuzz.fuzzerTestOneInput(input);
    }
  }
}
