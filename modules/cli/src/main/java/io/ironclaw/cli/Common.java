package io.ironclaw.cli;

import picocli.CommandLine.Option;

/** The options that every command has. */
final class Common {
  @Option(
      names = {"-v", "--verbose"},
      description = "Say what happens, and give stack traces with errors (or IRONCLAW_VERBOSE=1).")
  private boolean verbose;

  @SuppressWarnings("UnusedVariable") // picocli's to read
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** As of {@link QuickArguments.Target#flag}. */
  boolean quick(String name) {
    if (verbose || !(name.equals("-v") || name.equals("--verbose"))) {
      return false;
    }
    verbose = true;
    return true;
  }

  /** Makes the options count. */
  void apply(Context context) {
    if (verbose) {
      context.messages().beVerbose();
    }
  }
}
