package io.ironclaw.proof;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.ProofException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmId;
import io.ironclaw.image.Digest;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.Readings;
import io.ironclaw.vm.Admission;
import io.ironclaw.vm.Ready;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs every control; a machine of which one does not hold, or can't be read, is not admitted. */
public final class Proof implements Admission {
  /** Read once, before anything runs in the guest that could lie. */
  private final List<Control> ofGuest;

  /** Read as often as somebody asks; what confines the process last, after its last change. */
  private final List<Control> ofHost;

  /** What is read at first together with what the guest does, and then alone. */
  private final Control ofRecheck;

  /**
   * Every control that there is.
   *
   * @param agent of the agent that belongs to this IronClaw
   */
  public Proof(Digest agent) {
    ofGuest =
        List.of(
            new ClockControl(),
            new RandomControl(),
            new NameControl(),
            new CommandGroupsControl(),
            new CommandFilterControl(),
            new GuestNetworkControl(),
            new GuestRootControl(),
            new FirewallControl(true));
    ofHost = List.of(new MachineControl(), new IngredientsControl(agent), new ConfinementControl());
    ofRecheck = new FirewallControl(false);
  }

  @Override
  public List<Reading> admit(Candidate candidate) throws ProofException {
    var readings = new Readings();
    for (var control : ofGuest) {
      read(control, candidate, readings);
    }
    for (var control : ofHost) {
      read(control, candidate, readings);
    }
    var read = readings.all();
    var id = candidate.request().spec().id();
    for (var reading : read) {
      if (reading.verdict() == Verdict.FAILED) {
        throw ProofException.before(id, reading.item(), reading.text().get());
      }
    }
    requireDemanded(id, candidate.request().spec().assurance(), read);
    return read;
  }

  /**
   * Reads again what isolates a machine that was handed out, but for what its guest says.
   *
   * @return what was read
   * @throws ProofException if something that was proven is not any more; the caller destroys it
   */
  public List<Reading> again(Ready ready) throws ProofException {
    var readings = new Readings();
    for (var control : ofHost) {
      read(control, ready.candidate(), readings);
    }
    read(ofRecheck, ready.candidate(), readings);
    var before = verdicts(ready.readings());
    for (var reading : readings.all()) {
      boolean lost =
          reading.verdict() != Verdict.PROVEN && before.get(reading.item()) == Verdict.PROVEN;
      if (lost || reading.verdict() == Verdict.FAILED) {
        throw ProofException.since(
            ready.candidate().request().spec().id(), reading.item(), reading.text().get());
      }
    }
    return readings.all();
  }

  private static void read(Control control, Candidate candidate, Readings readings) {
    if (!control.concerns(candidate)) {
      return;
    }
    String why = "nothing was read of it";
    try {
      control.read(candidate, readings);
    } catch (IronClawException e) {
      why = "it can't be read: " + e.getMessage();
    }
    for (var item : control.items()) {
      if (!readings.has(item)) {
        readings.add(Reading.failed(item, why));
      }
    }
  }

  private static void requireDemanded(VmId id, Assurance assurance, List<Reading> readings)
      throws ProofException {
    var verdicts = verdicts(readings);
    for (var demand : assurance.demands()) {
      // That a jail is there was looked at before there was a process; its parts have failed, if.
      var item = ProofItem.of(demand.text());
      if (item.isPresent() && verdicts.get(item.get()) != Verdict.PROVEN) {
        throw ProofException.before(
            id, item.get(), "it is demanded and absent: " + words(item.get(), readings));
      }
    }
  }

  private static String words(ProofItem item, List<Reading> readings) {
    Optional<String> found =
        readings.stream().filter(r -> r.item() == item).map(r -> r.text().get()).findFirst();
    return found.orElse("nothing was read of it");
  }

  private static Map<ProofItem, Verdict> verdicts(List<Reading> readings) {
    var verdicts = new EnumMap<ProofItem, Verdict>(ProofItem.class);
    readings.forEach(reading -> verdicts.put(reading.item(), reading.verdict()));
    return verdicts;
  }
}
