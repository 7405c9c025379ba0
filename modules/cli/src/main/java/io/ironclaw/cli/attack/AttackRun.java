package io.ironclaw.cli.attack;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.sandbox.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Runs every attack, one after the other, bounded in time. */
public final class AttackRun {
  /** All of it. */
  static final Duration LIMIT = Duration.ofMinutes(2);

  private static final Duration ONE = Duration.ofSeconds(30);

  private AttackRun() {}

  /**
   * What came of an attack.
   *
   * @param result as it is written: {@code held}, {@code BROKEN}, {@code not tried}
   * @param evidence what was seen, one line
   */
  public record Finding(String id, String claim, String result, String evidence, Duration took) {
    /** Whether the wall does not stand, or it is not known. */
    public boolean isBroken() {
      return result.equals(Outcome.Result.BROKEN.text());
    }
  }

  /**
   * What came of all of them.
   *
   * @param isolation of the VMs that were attacked, in words
   */
  public record Done(List<Finding> findings, String isolation) {
    public Done {
      findings = List.copyOf(findings);
    }
  }

  /**
   * Tries all of them on VMs of these settings.
   *
   * @param told each finding as it comes
   */
  public static Done on(Settings settings, Consumer<Finding> told)
      throws HostException, InterruptedException {
    return on(
        settings,
        Stream.concat(InsideAttacks.ALL.stream(), AroundAttacks.ALL.stream()).toList(),
        LIMIT,
        told);
  }

  static Done on(Settings settings, List<Attack> attacks, Duration limit, Consumer<Finding> told)
      throws HostException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    var findings = new ArrayList<Finding>();
    try (var ground = Ground.on(settings)) {
      for (var attack : attacks) {
        long start = System.nanoTime();
        long left = Math.min(ONE.toNanos(), end - start);
        var outcome = left > 0 ? outcome(attack, ground, left) : late("the time for all is over");
        var finding =
            new Finding(
                attack.id(),
                attack.claim(),
                outcome.result().text(),
                outcome.evidence(),
                Duration.ofNanos(System.nanoTime() - start));
        findings.add(finding);
        told.accept(finding);
      }
      return new Done(findings, isolation(ground));
    }
  }

  private static String isolation(Ground ground) {
    try {
      var spawn = ground.attacker().spawn();
      return "%s, %s, %s, seccomp %s"
          .formatted(
              spawn.acceleration().isolation(),
              spawn.hypervisor(),
              spawn.jail().text(),
              spawn.seccomp().text());
    } catch (IronClawException e) {
      return "none could be started: " + e.getMessage();
    }
  }

  private static Outcome outcome(Attack attack, Ground ground, long nanos)
      throws InterruptedException {
    var trying = new FutureTask<>(() -> attack.body().on(ground));
    var thread = Thread.ofVirtual().name("attack-" + attack.id()).start(trying);
    try {
      return trying.get(nanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      thread.interrupt();
      return late("it did not end in " + TimeUnit.NANOSECONDS.toSeconds(nanos) + " s");
    } catch (ExecutionException e) {
      // Nothing is known, and that is no pass.
      return Outcome.of(false, ground.shown("it could not be tried to its end: " + e.getCause()));
    }
  }

  private static Outcome late(String why) {
    return Outcome.of(false, "nothing is known: " + why);
  }
}
