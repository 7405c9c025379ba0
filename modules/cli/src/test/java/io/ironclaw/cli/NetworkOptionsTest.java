package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.NetworkSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NetworkOptionsTest {
  private static final Map<String, NetworkSet> SETS =
      Map.of(
          "inner",
          new NetworkSet(
              List.of(EgressRule.allowing("10.1.0.0/16:80")),
              List.of(EgressRule.denying("10.1.2.0/24"))));

  @Test
  void a_set_stands_for_its_rules_those_that_deny_too() {
    var rules = NetworkOptions.allowed(List.of("example.org", "@inner"), SETS);
    assertThat(rules.allow())
        .extracting(Object::toString)
        .containsExactly("example.org:443", "10.1.0.0/16:80");
    assertThat(rules.deny()).extracting(Object::toString).containsExactly("10.1.2.0/24");
  }

  @Test
  void a_set_that_is_not_there_is_refused_with_those_that_are() {
    assertThatThrownBy(() -> NetworkOptions.allowed(List.of("@outer"), SETS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("\"outer\"", "there is inner", "[network.NAME]");
  }
}
