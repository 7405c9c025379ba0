package io.ironclaw.bench;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What to measure and where to put it.
 *
 * @param rounds turns of every probe
 * @param only names of the probes to run; empty = all
 */
record Options(Optional<Path> json, Optional<Path> markdown, int rounds, Set<String> only) {
  static final String USAGE =
      "usage: ./bench [--quick] [--rounds N] [--only PROBE,...] [--json FILE] [--markdown FILE]";

  private static final int ROUNDS = 60;
  private static final int QUICK_ROUNDS = 10;
  private static final int MOST_ROUNDS = 10_000;

  /**
   * @throws IllegalArgumentException with one line for the user
   */
  static Options parse(String[] args) {
    Optional<Path> json = Optional.empty();
    Optional<Path> markdown = Optional.empty();
    int rounds = ROUNDS;
    Set<String> only = Set.of();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--quick" -> rounds = QUICK_ROUNDS;
        case "--rounds" -> rounds = rounds(value(args, ++i));
        case "--only" -> only = probes(value(args, ++i));
        case "--json" -> json = Optional.of(Path.of(value(args, ++i)));
        case "--markdown" -> markdown = Optional.of(Path.of(value(args, ++i)));
        default -> throw new IllegalArgumentException("unknown option " + args[i] + "; " + USAGE);
      }
    }
    return new Options(json, markdown, rounds, only);
  }

  private static String value(String[] args, int at) {
    if (at >= args.length) {
      throw new IllegalArgumentException(args[at - 1] + " needs a value; " + USAGE);
    }
    return args[at];
  }

  private static Set<String> probes(String text) {
    var names = new TreeSet<String>();
    for (var name : text.split(",", -1)) {
      if (!Bench.PROBES.contains(name)) {
        throw new IllegalArgumentException(
            "there is no probe \""
                + name
                + "\"; the probes are: "
                + String.join(", ", Bench.PROBES));
      }
      names.add(name);
    }
    return names;
  }

  private static int rounds(String text) {
    try {
      int rounds = Integer.parseInt(text);
      if (rounds >= 1 && rounds <= MOST_ROUNDS) {
        return rounds;
      }
    } catch (NumberFormatException _) {
      // Told below.
    }
    throw new IllegalArgumentException("rounds is " + text + ", allowed: 1 to " + MOST_ROUNDS);
  }
}
