package io.ironclaw.cli;

import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Verdict;

/** An isolation proof for a person to read. */
final class ProofText {
  private static final int NAME_WIDTH = 20;
  private static final int VERDICT_WIDTH = 8;
  private static final int EVIDENCE = 100;

  private ProofText() {}

  /**
   * What was read of each item, a line each, after a line that sums it up.
   *
   * @param whole with the whole of the evidence, the claim, and where it was read
   */
  static String of(IsolationProof proof, boolean whole) {
    var text = new StringBuilder(summary(proof)).append('\n');
    for (var item : proof.items()) {
      padded(text, item.verdict().text(), VERDICT_WIDTH);
      padded(text, item.what().text(), NAME_WIDTH);
      text.append(whole ? item.evidence() : cut(item.evidence())).append('\n');
      if (whole) {
        text.repeat(' ', 2 + VERDICT_WIDTH + NAME_WIDTH)
            .append(item.what().claim())
            .append(" (")
            .append(item.what().where())
            .append(")\n");
      }
    }
    return text.append("sha256 ").append(proof.sha256()).append('\n').toString();
  }

  /** One line. */
  static String summary(IsolationProof proof) {
    return "isolation of VM %s: %d proven, %d absent, %d failed (%s, %s; %s at %s, read in %s)"
        .formatted(
            proof.vm(),
            proof.count(Verdict.PROVEN),
            proof.count(Verdict.ABSENT),
            proof.count(Verdict.FAILED),
            SpawnText.how(proof.how()),
            proof.hypervisor(),
            proof.occasion().text(),
            proof.at(),
            SpawnText.time(proof.took()));
  }

  private static void padded(StringBuilder text, String word, int width) {
    if (width == VERDICT_WIDTH) {
      text.append("  ");
    }
    text.append(word).repeat(' ', Math.max(1, width - word.length()));
  }

  private static String cut(String evidence) {
    return evidence.length() > EVIDENCE ? evidence.substring(0, EVIDENCE) + "..." : evidence;
  }
}
