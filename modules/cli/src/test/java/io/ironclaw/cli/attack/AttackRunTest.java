package io.ironclaw.cli.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.HostException;
import io.ironclaw.sandbox.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What is not shown to hold counts as broken, and is said so. */
@Timeout(60)
class AttackRunTest {
  @TempDir Path temp;

  private List<AttackRun.Finding> run(Duration limit, Attack... attacks) throws Exception {
    // No VM can be had, and none of these needs one: what would be the cache's folder is a file.
    var cache = Files.writeString(temp.resolve("cache"), "");
    var settings = Settings.fromEnvironment(Map.of("IRONCLAW_CACHE", cache.toString(), "PATH", ""));
    var told = new ArrayList<AttackRun.Finding>();
    var done = AttackRun.on(settings, List.of(attacks), limit, told::add);
    assertThat(told).isEqualTo(done.findings());
    return done.findings();
  }

  private static Attack attack(String id, Attack.Body body) {
    return new Attack(id, "it holds", body);
  }

  @Test
  void what_works_what_fails_and_what_never_ends_is_broken_and_the_others_go_on() throws Exception {
    var never = new CountDownLatch(1);
    var findings =
        run(
            Duration.ofSeconds(2),
            attack("good", _ -> Outcome.of(true, "nothing was reached")),
            attack("bad", _ -> Outcome.of(false, "it was read\u001b[2J")),
            attack("untried", _ -> Outcome.notTried("only root can")),
            attack(
                "failing",
                _ -> {
                  throw new HostException("no such file");
                }),
            attack(
                "endless",
                _ -> {
                  never.await();
                  return Outcome.of(true, "never");
                }),
            attack("too late", _ -> Outcome.of(true, "never tried")));
    assertThat(findings)
        .extracting(AttackRun.Finding::result)
        .containsExactly("held", "BROKEN", "not tried", "BROKEN", "BROKEN", "BROKEN");
    assertThat(findings.get(1).evidence()).isEqualTo("it was read\\u001b[2J");
    assertThat(findings.get(3).evidence()).contains("no such file");
    assertThat(findings.get(4).evidence()).contains("nothing is known: it did not end in");
    assertThat(findings.get(5).evidence()).contains("the time for all is over");
  }

  @Test
  void a_report_is_a_page_and_json_and_holds_only_if_nothing_is_broken() throws Exception {
    var held = new AttackRun.Finding("a", "x | y", "held", "<b>1</b>", Duration.ofMillis(5));
    var broken = new AttackRun.Finding("b", "z", "BROKEN", "all of it", Duration.ofMillis(7));
    var at = Instant.parse("2026-11-29T08:00:00Z");
    var good = new AttackReport("1", "Linux", "emulated", at, List.of(held));
    assertThat(good.holds()).isTrue();
    var bad = new AttackReport("1", "Linux", "emulated", at, List.of(held, broken));
    assertThat(bad.holds()).isFalse();
    Path page = bad.write(temp.resolve("report"));
    assertThat(Files.readString(page))
        .contains(
            "1 attacks held, 1 broken, 0 not tried",
            "| a | x &#124; y | held | &lt;b>1&lt;/b> | 5 |");
    var json =
        JsonMapper.shared()
            .readTree(Files.readString(temp.resolve("report").resolve("attack-report.json")));
    assertThat(json.at("/broken").asInt()).isEqualTo(1);
    assertThat(json.at("/attacks/1/evidence").asString()).isEqualTo("all of it");
  }
}
