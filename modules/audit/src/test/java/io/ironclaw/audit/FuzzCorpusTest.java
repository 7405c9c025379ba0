package io.ironclaw.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What fuzzing starts from, and what it has found, is read as it should be. */
class FuzzCorpusTest {
  @Test
  void logs_of_the_corpus_are_entries_or_left_out() throws Exception {
    try (var files = Files.list(Path.of(System.getProperty("ironclaw.root"), "fuzz", "audit"))) {
      var inputs = files.sorted().toList();
      assertThat(inputs).hasSizeGreaterThan(3);
      for (var input : inputs) {
        AuditFuzz.fuzzerTestOneInput(Files.readAllBytes(input));
      }
    }
  }
}
