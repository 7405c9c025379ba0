package io.ironclaw.audit;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditKind;
import io.ironclaw.api.VmId;
import io.ironclaw.host.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The data of an entry, put together in order; each part is bounded. */
final class Data {
  /** Bytes of one text. */
  static final int MOST_TEXT = 4_096;

  /** Bytes of one list. */
  static final int MOST_LIST = 8_192;

  private final Map<String, Object> members = new LinkedHashMap<>();

  static Data of(VmId vm) {
    return new Data().text("vm", vm.value());
  }

  Data text(String name, String value) {
    members.put(name, AsciiJson.cut(value, MOST_TEXT));
    return this;
  }

  Data text(String name, Optional<String> value) {
    value.ifPresent(v -> text(name, v));
    return this;
  }

  Data number(String name, long value) {
    members.put(name, value);
    return this;
  }

  Data millis(String name, Duration value) {
    return number(name, value.toMillis());
  }

  /** Left out if it is not so. */
  Data flag(String name, boolean value) {
    if (value) {
      members.put(name, true);
    }
    return this;
  }

  /**
   * A list, as far as it fits. Where it does not, it is said how many items are left out, and the
   * SHA-256 of all of them, each with a NUL after it.
   */
  Data list(String name, List<String> values) {
    var kept = new ArrayList<String>();
    int left = MOST_LIST;
    boolean whole = true;
    for (var value : values) {
      int cost = AsciiJson.cost(value) + 1;
      if (cost > left) {
        whole = false;
        if (left > 16) {
          kept.add(AsciiJson.cut(value, left - 8));
        }
        break;
      }
      kept.add(value);
      left -= cost;
    }
    members.put(name, List.copyOf(kept));
    if (!whole) {
      number(name + "_left_out", values.size() - kept.size());
      text(name + "_sha256", sha256(values));
    }
    return this;
  }

  /** The same of what has no order. */
  Data sorted(String name, Collection<String> values) {
    return values.isEmpty() ? this : list(name, List.copyOf(new TreeSet<>(values)));
  }

  private static String sha256(List<String> values) {
    MessageDigest digest = Sha256.running();
    for (var value : values) {
      digest.update(value.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  AuditEntry entry(AuditKind kind, Instant at) {
    return entry(kind, at, 1);
  }

  AuditEntry entry(AuditKind kind, Instant at, long times) {
    return new AuditEntry(at, kind, times, members);
  }
}
