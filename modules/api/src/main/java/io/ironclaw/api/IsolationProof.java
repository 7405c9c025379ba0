package io.ironclaw.api;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * What isolates a VM, with the evidence. It is made of what was read, after the last change to the
 * hypervisor's process; a VM that has failed an item is not handed out.
 *
 * @param vm its name
 * @param at when it was made, to the millisecond
 * @param occasion why
 * @param hypervisor name and version
 * @param how the VM came to be
 * @param pid of the hypervisor, as the host sees it
 * @param took the reading of all of it, to the microsecond
 * @param items in the order in which they were read
 */
public record IsolationProof(
    VmId vm,
    Instant at,
    Occasion occasion,
    String hypervisor,
    SpawnReport.How how,
    long pid,
    Duration took,
    List<Item> items) {
  /** What its JSON says that it is; docs/isolation-proof.schema.json describes it. */
  public static final String FORMAT = "ironclaw.isolation-proof.1";

  /** Why a proof is made. */
  public enum Occasion {
    /** The VM is about to be handed out. */
    HAND_OUT,
    /** Somebody asked; what the guest says of itself is what it said at the hand-out. */
    RE_CHECK;

    /** As it is written. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * One thing.
   *
   * @param evidence as it was read: one line, what is no printable character as its number
   * @param at when it was read, to the millisecond
   * @param took reading it, to the microsecond
   */
  public record Item(ProofItem what, Verdict verdict, String evidence, Instant at, Duration took) {
    public Item {
      evidence = Printable.of(evidence);
      at = at.truncatedTo(ChronoUnit.MILLIS);
      took = took.truncatedTo(ChronoUnit.MICROS);
    }
  }

  public IsolationProof {
    at = at.truncatedTo(ChronoUnit.MILLIS);
    took = took.truncatedTo(ChronoUnit.MICROS);
    hypervisor = Printable.line(hypervisor);
    items = List.copyOf(items);
  }

  /** How many items have come to this. */
  public int count(Verdict verdict) {
    return (int) items.stream().filter(item -> item.verdict() == verdict).count();
  }

  /** Failed if any item is. */
  public Verdict verdict() {
    return count(Verdict.FAILED) == 0 ? Verdict.PROVEN : Verdict.FAILED;
  }

  /**
   * The document: the same proof has the same text. One line of JSON without spaces, its properties
   * sorted (RFC 8785).
   */
  public String json() {
    var json = new CanonicalJson();
    json.begin()
        .text("at", at.toString())
        .text("format", FORMAT)
        .text("how", how.text())
        .text("hypervisor", hypervisor)
        .array("items");
    for (var item : items) {
      json.begin()
          .text("at", item.at().toString())
          .text("claim", item.what().claim())
          .text("evidence", item.evidence())
          .text("item", item.what().text())
          .number("took_us", micros(item.took()))
          .text("verdict", item.verdict().text())
          .text("where", item.what().where())
          .end();
    }
    return json.endArray()
        .text("occasion", occasion.text())
        .number("pid", pid)
        .number("took_us", micros(took))
        .text("verdict", verdict().text())
        .text("vm", vm.value())
        .end()
        .toString();
  }

  private static long micros(Duration time) {
    return time.toNanos() / 1_000;
  }

  /** The SHA-256 of {@link #json}'s UTF-8, in hex: what events call the proof by. */
  public String sha256() {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(json().getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
