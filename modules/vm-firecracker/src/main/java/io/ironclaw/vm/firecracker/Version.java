package io.ironclaw.vm.firecracker;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;

/** A release of Firecracker, or of its jailer: the two are released together. */
record Version(int major, int minor, int patch) implements Comparable<Version> {
  private static final Pattern SAID =
      Pattern.compile("(?:Firecracker|Jailer) v(\\d{1,4})\\.(\\d{1,4})\\.(\\d{1,4})(\\S*)");

  private static final Comparator<Version> ORDER =
      Comparator.comparingInt(Version::major)
          .thenComparingInt(Version::minor)
          .thenComparingInt(Version::patch);

  /** From what the program says of itself; what is built between releases is no release. */
  static Optional<Version> in(String said) {
    var found = SAID.matcher(said);
    return found.find() && found.group(4).isEmpty()
        ? Optional.of(
            new Version(
                Integer.parseInt(found.group(1)),
                Integer.parseInt(found.group(2)),
                Integer.parseInt(found.group(3))))
        : Optional.empty();
  }

  @Override
  public int compareTo(Version other) {
    return ORDER.compare(this, other);
  }

  boolean isBefore(int otherMajor, int otherMinor) {
    return compareTo(new Version(otherMajor, otherMinor, 0)) < 0;
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
