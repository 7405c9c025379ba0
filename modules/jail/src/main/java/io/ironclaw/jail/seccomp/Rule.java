package io.ironclaw.jail.seccomp;

import java.util.List;

/**
 * What happens on some system calls.
 *
 * @param calls by their names
 * @param conditions that must all hold; empty = always
 * @param optional whether a name that this host does not know is left out; else it is an error
 */
public record Rule(
    Action action, List<String> calls, List<Condition> conditions, boolean optional) {
  private static final int MOST_CONDITIONS = 6;

  public Rule {
    calls = List.copyOf(calls);
    conditions = List.copyOf(conditions);
    if (conditions.size() > MOST_CONDITIONS) {
      throw new IllegalArgumentException("over " + MOST_CONDITIONS + " conditions for " + calls);
    }
    for (var call : calls) {
      if (!call.matches("[a-z_][a-z0-9_]{0,47}")) {
        throw new IllegalArgumentException("no name of a system call: " + call);
      }
    }
  }
}
