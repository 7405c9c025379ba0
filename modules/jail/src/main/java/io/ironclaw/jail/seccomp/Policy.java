package io.ironclaw.jail.seccomp;

import io.ironclaw.api.HostException;
import io.ironclaw.host.ffi.SeccompLibrary;
import java.util.ArrayList;
import java.util.List;

/**
 * Which system calls a thread may make.
 *
 * @param about what it is for, a line for people
 * @param otherwise what happens where no rule applies
 * @param rules of which the first that a name is in need not be the only one: any that applies does
 */
public record Policy(String about, Action otherwise, List<Rule> rules) {
  private static final int MASKED_EQ = 7;
  private static final int EPERM = 1;

  public Policy {
    rules = List.copyOf(rules);
  }

  /** The same, but what it would kill for passes and is noted by the kernel: for learning. */
  public Policy learning() {
    return new Policy(about, Action.Simple.LOG, rules);
  }

  /** The same, but whoever listens answers what it would let fail with EPERM: for counting. */
  public Policy counting() {
    return new Policy(
        about,
        counted(otherwise),
        rules.stream()
            .map(rule ->
                new Rule(counted(rule.action()), rule.calls(), rule.conditions(), rule.optional()))
            .toList());
  }

  private static Action counted(Action action) {
    return action instanceof Action.Fail fail && fail.number() == EPERM
        ? new Action.Counted()
        : action;
  }

  /**
   * The filter, as bubblewrap and the kernel take it.
   *
   * @throws HostException if this host does not know a name, or can't make a filter of it
   */
  public byte[] compile(SeccompLibrary library) throws HostException {
    var compiled = new ArrayList<SeccompLibrary.Rule>();
    for (var rule : rules) {
      // The library refuses rules that say what happens anyway.
      if (rule.action().value() == otherwise.value()) {
        continue;
      }
      var conditions = rule.conditions().stream().map(Policy::compiled).toList();
      for (var call : rule.calls()) {
        var number = library.number(call);
        if (number.isPresent()) {
          compiled.add(
              new SeccompLibrary.Rule(rule.action().value(), number.getAsInt(), conditions));
        } else if (!rule.optional()) {
          throw new HostException(
              "seccomp policy \""
                  + about
                  + "\": this host's libseccomp knows no system call "
                  + call
                  + "; is it misspelt, or new (\"optional\": true)?");
        }
      }
    }
    return library.compile(otherwise.value(), compiled);
  }

  private static SeccompLibrary.Condition compiled(Condition condition) {
    return condition.mask().isPresent()
        ? new SeccompLibrary.Condition(
            condition.argument(), MASKED_EQ, condition.mask().getAsLong(), condition.value())
        : new SeccompLibrary.Condition(
            condition.argument(), condition.comparison().code(), condition.value(), 0);
  }
}
