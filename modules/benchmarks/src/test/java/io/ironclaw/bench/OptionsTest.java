package io.ironclaw.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
  private static Options parse(String... args) {
    return Options.parse(args);
  }

  @Test
  void files_and_rounds_are_read() {
    var options = parse("--json", "a.json", "--rounds", "7", "--markdown", "b.md");

    assertThat(options.json()).contains(Path.of("a.json"));
    assertThat(options.markdown()).contains(Path.of("b.md"));
    assertThat(options.rounds()).isEqualTo(7);
  }

  @Test
  void quick_means_fewer_rounds() {
    assertThat(parse("--quick").rounds()).isLessThan(parse().rounds());
  }

  @Test
  void only_takes_the_names_of_probes_and_lists_them_for_any_other() {
    assertThat(parse("--only", "out,cold boot,out").only()).containsExactly("cold boot", "out");
    for (var wrong : List.of("clone,cold", "", "exec,", "Exec")) {
      assertThatThrownBy(() -> parse("--only", wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              "there is no probe \"", "the probes are: cold cache, clone, ", "exec by MCP")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void what_it_does_not_know_is_refused() {
    assertThatThrownBy(() -> parse("--fast")).hasMessageContaining("unknown option --fast");
    assertThatThrownBy(() -> parse("--json")).hasMessageContaining("--json needs a value");
    assertThatThrownBy(() -> parse("--rounds", "0")).hasMessageContaining("allowed: 1 to");
    assertThatThrownBy(() -> parse("--rounds", "x")).hasMessageContaining("rounds is x");
  }
}
