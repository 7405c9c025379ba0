package io.ironclaw.jail.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What fuzzing starts from, and what it has found, is read as it should be. */
class FuzzCorpusTest {
  @Test
  void policies_of_the_corpus_are_policies_or_an_error_with_words() throws Exception {
    int read = 0;
    try (var files = Files.list(Path.of(System.getProperty("ironclaw.root"), "fuzz", "policies"))) {
      for (var file : files.toList()) {
        PolicyFuzz.fuzzerTestOneInput(Files.readAllBytes(file));
        read++;
      }
    }
    assertThat(read).isGreaterThan(3);
  }
}
