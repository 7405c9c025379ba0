package io.ironclaw.jail.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProfileJsonTest {
  @Test
  void a_policy_is_read_as_it_is_written_for_people() throws Exception {
    var read =
        ProfileJson.read(
            """
            {"about": "a test", "otherwise": "kill_process", "rules": [
              {"action": "allow", "syscalls": ["read", "write"], "comment": "streams"},
              {"action": "allow", "syscalls": ["socket"], "if": [{"arg": 0, "op": "eq", "value": 1}]},
              {"action": "allow", "syscalls": ["clone"],
               "if": [{"arg": 0, "op": "eq", "mask": "0x10000", "value": "0x10000"}]},
              {"action": {"errno": 38}, "syscalls": ["clone3"], "optional": true}]}
            """);
    var one = new Condition(0, Condition.Comparison.EQ, OptionalLong.empty(), 1);
    var thread = new Condition(0, Condition.Comparison.EQ, OptionalLong.of(0x10000), 0x10000);
    assertThat(read)
        .isEqualTo(
            new Profile.Whole(
                new Policy(
                    "a test",
                    Action.Simple.KILL_PROCESS,
                    List.of(
                        new Rule(Action.Simple.ALLOW, List.of("read", "write"), List.of(), false),
                        new Rule(Action.Simple.ALLOW, List.of("socket"), List.of(one), false),
                        new Rule(Action.Simple.ALLOW, List.of("clone"), List.of(thread), false),
                        new Rule(new Action.Fail(38), List.of("clone3"), List.of(), true)))));
  }

  @Test
  void threads_have_policies_of_their_own() throws Exception {
    var read =
        ProfileJson.read(
            """
            {"threads": {"vcpu": {"otherwise": "trap", "rules": []},
                         "api": {"otherwise": "log", "rules": []}}}
            """);
    assertThat(read)
        .isEqualTo(
            new Profile.PerThread(
                Map.of(
                    "vcpu", new Policy("", Action.Simple.TRAP, List.of()),
                    "api", new Policy("", Action.Simple.LOG, List.of()))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"otherwise\": \"kill\"}",
        "{\"otherwise\": \"allow\", \"otherwise\": \"log\"}",
        "{\"otherwise\": {\"errno\": 0}}",
        "{\"otherwise\": {\"errno\": 4096}}",
        "{\"otherwise\": {\"errno\": 1, \"x\": 2}}",
        "{\"otherwise\": \"allow\"} {}",
        "{\"otherwise\": \"allow\", \"rules\": {}}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"action\": \"log\"}]}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"syscalls\": [\"read\"]}]}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"action\": \"log\", \"syscalls\": [1]}]}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"action\": \"log\", \"syscalls\": [\"RE AD\"]}]}",
        "{\"otherwise\": \"allow\", \"rule\": []}",
        "{\"threads\": {}}",
        "{\"otherwise\": \"allow\", \"threads\": {\"a\": {\"otherwise\": \"allow\"}}}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"action\": \"log\", \"syscalls\": [\"read\"],"
            + " \"if\": [{\"arg\": 6, \"op\": \"eq\", \"value\": 1}]}]}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"action\": \"log\", \"syscalls\": [\"read\"],"
            + " \"if\": [{\"arg\": 1, \"op\": \"gt\", \"mask\": 1, \"value\": 1}]}]}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"action\": \"log\", \"syscalls\": [\"read\"],"
            + " \"if\": [{\"arg\": 1, \"op\": \"eq\", \"value\": \"0x1ffffffffffffffff\"}]}]}",
        "{\"otherwise\": \"allow\", \"rules\": [{\"action\": \"log\", \"syscalls\": [\"read\"],"
            + " \"if\": [{\"arg\": 1, \"op\": \"eq\", \"value\": -1}]}]}",
      })
  void what_is_none_is_refused_with_what_is_wrong(String text) {
    assertThatThrownBy(() -> ProfileJson.read(text))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("a seccomp profile");
  }

  @Test
  void an_error_says_where() {
    assertThatThrownBy(() -> ProfileJson.read("{\"otherwise\": \"allow\",\n \"rulez\": []}"))
        .hasMessageContainingAll("line 2", "nothing is called rulez");
  }

  @Test
  void whatever_is_written_reads_the_same() throws Exception {
    var random = new Random(7);
    for (int i = 0; i < 500; i++) {
      var profile = random.nextBoolean() ? new Profile.Whole(policy(random)) : perThread(random);
      assertThat(ProfileJson.read(ProfileJson.write(profile))).isEqualTo(profile);
    }
  }

  @Test
  void any_text_is_a_profile_or_a_told_error() throws Exception {
    var random = new Random(11);
    String whole = ProfileJson.write(new Profile.Whole(policy(random)));
    for (int i = 0; i < 5_000; i++) {
      var text = new StringBuilder(whole);
      for (int j = random.nextInt(4); j >= 0; j--) {
        text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(128));
      }
      try {
        ProfileJson.read(text.toString());
      } catch (IOException e) {
        assertThat(e.getMessage()).startsWith("a seccomp profile");
      }
    }
  }

  private static Profile perThread(Random random) {
    var threads = new TreeMap<String, Policy>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      threads.put("t" + i, policy(random));
    }
    return new Profile.PerThread(threads);
  }

  private static final List<Condition.Comparison> COMPARISONS =
      List.of(Condition.Comparison.values());
  private static final List<Action> ACTIONS = List.of(Action.Simple.values());

  private static Policy policy(Random random) {
    var rules = new ArrayList<Rule>();
    for (int i = random.nextInt(5); i > 0; i--) {
      var conditions = new ArrayList<Condition>();
      for (int j = random.nextInt(3); j > 0; j--) {
        var comparison = COMPARISONS.get(random.nextInt(COMPARISONS.size()));
        boolean masked = comparison == Condition.Comparison.EQ && random.nextBoolean();
        conditions.add(
            new Condition(
                random.nextInt(6),
                comparison,
                masked ? OptionalLong.of(random.nextLong()) : OptionalLong.empty(),
                random.nextLong()));
      }
      rules.add(
          new Rule(action(random), List.of("read", "x_" + i), conditions, random.nextBoolean()));
    }
    return new Policy("about \"this\"\n", action(random), rules);
  }

  private static Action action(Random random) {
    int n = random.nextInt(ACTIONS.size() + 1);
    return n < ACTIONS.size() ? ACTIONS.get(n) : new Action.Fail(1 + random.nextInt(4_095));
  }
}
