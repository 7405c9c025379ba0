package io.ironclaw.mcp;

import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Verdict;
import io.ironclaw.tool.Progress;
import io.ironclaw.tool.ToolCall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.stream.Collectors;

/** Reads again what isolates the session's VM, and says what that came to. */
final class ProofTool implements McpTool {
  /** Characters of the evidence of one item: the document itself has all of it. */
  private static final int MOST_EVIDENCE = 300;

  @Override
  public String name() {
    return "isolation_proof";
  }

  @Override
  public Prepared prepare(Arguments arguments, Progress progress)
      throws Arguments.InvalidArgumentException {
    arguments.end();
    return new Prepared.InVm<>(new ToolCall.Prove(), (proof, _) -> answer(proof));
  }

  private static Answer answer(IsolationProof proof) {
    var items = new ArrayList<Object>();
    for (var item : proof.items()) {
      var shown = new LinkedHashMap<String, Object>();
      shown.put("item", item.what().text());
      shown.put("verdict", item.verdict().text());
      shown.put("claim", item.what().claim());
      shown.put("evidence", cut(item.evidence()));
      items.add(shown);
    }
    var data = new LinkedHashMap<String, Object>();
    data.put("vm", proof.vm().value());
    data.put("verdict", proof.verdict().text());
    data.put("read_at", proof.at().toString());
    data.put("sha256", proof.sha256());
    data.put("items", items);
    return new Answer(text(proof), data);
  }

  /** What a model needs of it: what is not there, and why; of the rest the names. */
  private static String text(IsolationProof proof) {
    var text =
        new StringBuilder(
            "VM %s: %d items of its isolation are proven, %d absent, sha256 %s."
                .formatted(
                    proof.vm(),
                    proof.count(Verdict.PROVEN),
                    proof.count(Verdict.ABSENT),
                    proof.sha256()));
    for (var item : proof.items()) {
      if (item.verdict() == Verdict.ABSENT) {
        text.append("\nabsent: ")
            .append(item.what().text())
            .append(": ")
            .append(cut(item.evidence()));
      }
    }
    return text.append("\nproven: ")
        .append(
            proof.items().stream()
                .filter(item -> item.verdict() == Verdict.PROVEN)
                .map(item -> item.what().text())
                .collect(Collectors.joining(", ")))
        .toString();
  }

  private static String cut(String evidence) {
    return evidence.length() > MOST_EVIDENCE
        ? evidence.substring(0, MOST_EVIDENCE) + "..."
        : evidence;
  }
}
