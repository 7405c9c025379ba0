package io.ironclaw.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What fuzzing starts from, and what it has found, is read as it should be. */
class FuzzCorpusTest {
  @Test
  void proofs_of_the_corpus_are_proofs_or_an_error_of_one_line() throws Exception {
    int read = 0;
    try (var files = Files.list(Path.of(System.getProperty("ironclaw.root"), "fuzz", "proofs"))) {
      for (var file : files.toList()) {
        ProofFuzz.fuzzerTestOneInput(Files.readAllBytes(file));
        read++;
      }
    }
    assertThat(read).isGreaterThan(3);
  }
}
