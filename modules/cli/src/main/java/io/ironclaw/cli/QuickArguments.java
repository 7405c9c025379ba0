package io.ironclaw.cli;

import java.util.List;

/**
 * Reads the arguments of {@code exec} without picocli, whose reflection takes longer than the start
 * of a VM (measured: 150 ms and more of a 2-core machine's time, even from an AOT cache). It knows
 * the well-formed cases only and leaves everything else, help and errors too, to picocli: a test
 * holds both to the same result.
 */
final class QuickArguments {
  /** What takes options by their names. */
  interface Target {
    /**
     * Sets an option that has no value.
     *
     * @return false if there is none of that name, or it was set before
     */
    boolean flag(String name);

    /**
     * Sets an option that has a value.
     *
     * @return false if there is none of that name, or it was set before
     * @throws IllegalArgumentException if the value can't be
     */
    boolean option(String name, String value);

    /** Sets what is left. */
    void rest(List<String> arguments);
  }

  private QuickArguments() {}

  /**
   * Reads {@code args} from {@code start} on into a fresh {@code target}.
   *
   * @return false if picocli has to look at them; the target is useless then
   */
  static boolean read(String[] args, int start, Target target) {
    try {
      int i = start;
      while (i < args.length && args[i].startsWith("-") && !args[i].equals("--")) {
        int taken = one(args, i, target);
        if (taken == 0) {
          return false;
        }
        i += taken;
      }
      if (i < args.length && args[i].equals("--")) {
        i++;
      }
      if (i == args.length) {
        return false;
      }
      target.rest(List.of(args).subList(i, args.length));
      return true;
    } catch (IllegalArgumentException _) {
      // Picocli says what is wrong with it.
      return false;
    }
  }

  /** The number of arguments that one option took; 0 = not known. */
  private static int one(String[] args, int at, Target target) {
    String arg = args[at];
    int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
    if (equals >= 0) {
      return target.option(arg.substring(0, equals), arg.substring(equals + 1)) ? 1 : 0;
    }
    if (target.flag(arg)) {
      return 1;
    }
    // A value that looks like an option, or none: picocli has rules for these.
    if (at + 1 == args.length || args[at + 1].startsWith("-")) {
      return 0;
    }
    return target.option(arg, args[at + 1]) ? 2 : 0;
  }
}
