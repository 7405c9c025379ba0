package io.ironclaw.cli.doctor;

import java.util.Optional;

/**
 * What one look at the host found.
 *
 * @param what the thing that was looked at
 * @param found what is there, one line
 * @param meaning what that means for IronClaw; empty when there is nothing to say
 * @param fix a command, or where there is none what to do
 */
public record Finding(
    String what, Level level, String found, String meaning, Optional<String> fix) {
  /** How bad it is. */
  public enum Level {
    OK,
    /** VMs run, but with less: slower, weaker, or not for long. */
    WARNING,
    /** No VM can run. */
    PROBLEM
  }

  static Finding ok(String what, String found) {
    return new Finding(what, Level.OK, found, "", Optional.empty());
  }

  static Finding warning(String what, String found, String meaning, String fix) {
    return new Finding(what, Level.WARNING, found, meaning, Optional.of(fix));
  }

  /** A warning about something that can't be changed. */
  static Finding warning(String what, String found, String meaning) {
    return new Finding(what, Level.WARNING, found, meaning, Optional.empty());
  }

  /** The same, where VMs can do without it. */
  Finding dispensable(String why) {
    return level == Level.PROBLEM ? new Finding(what, Level.WARNING, found, why, fix) : this;
  }

  static Finding problem(String what, String found, String meaning, String fix) {
    return new Finding(what, Level.PROBLEM, found, meaning, Optional.of(fix));
  }
}
