package io.ironclaw.proof;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.SpawnReport;
import io.ironclaw.jail.Reading;
import io.ironclaw.vm.Ready;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Makes the document of what was read. */
public final class Documents {
  private Documents() {}

  /** Of a machine as it was handed out. */
  public static IsolationProof ofHandOut(Ready ready, SpawnReport spawn, Instant at)
      throws HostException {
    return of(
        ready,
        spawn,
        at,
        IsolationProof.Occasion.HAND_OUT,
        items(ready.readings(), at),
        took(ready.readings()));
  }

  /**
   * Of a machine that was read again.
   *
   * @param again what was read now
   * @param handOut its first document, which has what only that time is evidence of
   */
  public static IsolationProof ofRecheck(
      Ready ready, SpawnReport spawn, List<Reading> again, IsolationProof handOut, Instant at)
      throws HostException {
    var items = new ArrayList<>(items(again, at));
    for (var item : handOut.items()) {
      if (again.stream().noneMatch(reading -> reading.item() == item.what())) {
        items.add(item);
      }
    }
    return of(ready, spawn, at, IsolationProof.Occasion.RE_CHECK, items, took(again));
  }

  private static IsolationProof of(
      Ready ready,
      SpawnReport spawn,
      Instant at,
      IsolationProof.Occasion occasion,
      List<IsolationProof.Item> items,
      Duration took)
      throws HostException {
    return new IsolationProof(
        spawn.id(),
        at,
        occasion,
        spawn.hypervisor(),
        spawn.how(),
        ready.machine().pid(),
        took,
        items);
  }

  private static List<IsolationProof.Item> items(List<Reading> readings, Instant at) {
    return readings.stream()
        .map(reading ->
            new IsolationProof.Item(
                reading.item(),
                reading.verdict(),
                reading.text().get(),
                at,
                Duration.ofNanos(reading.nanos())))
        .toList();
  }

  private static Duration took(List<Reading> readings) {
    return Duration.ofNanos(readings.stream().mapToLong(Reading::nanos).sum());
  }
}
