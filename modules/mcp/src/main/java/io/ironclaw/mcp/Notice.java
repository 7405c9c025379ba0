package io.ironclaw.mcp;

import java.util.List;
import java.util.Map;

/**
 * What a model has to know besides a result: in the data too, as some clients show nothing else.
 */
final class Notice {
  private static final String KEY = "notice";

  private Notice() {}

  /** Adds notices to those that are there. */
  static void add(Map<String, Object> data, List<String> notices) {
    for (String notice : notices) {
      data.merge(KEY, notice, (before, more) -> before + "; " + more);
    }
  }
}
