package io.ironclaw.api;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Values that no event may hold, and the masking of them and of {@linkplain CredentialPatterns what
 * looks like credentials}. For what a value was made into, only its percent-encoding and its base64
 * are known. Safe for many threads.
 */
public final class Secrets {
  /** What stands in place of something that was masked. */
  public static final String MASK = "[masked]";

  /** Shorter text is in too much else. */
  public static final int SHORTEST = 4;

  private static final int MOST = 4_096;

  /** The longest first: one may hold another. */
  private final Set<String> values =
      new ConcurrentSkipListSet<>(
          Comparator.comparingInt(String::length)
              .reversed()
              .thenComparing(Comparator.naturalOrder()));

  /**
   * From now on, a value is masked.
   *
   * @throws IllegalArgumentException if it has less than {@link #SHORTEST} characters, or over a
   *     thousand values are known
   */
  public void add(String value) {
    if (value.length() < SHORTEST) {
      throw new IllegalArgumentException(
          "a secret of %d characters can't be told from other text: it takes at least %d; pass it as a plain variable"
              .formatted(value.length(), SHORTEST));
    }
    if (values.contains(value)) {
      return;
    }
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    var forms =
        List.of(
            value,
            URLEncoder.encode(value, StandardCharsets.UTF_8),
            URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20"),
            Base64.getEncoder().encodeToString(bytes),
            Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    if (values.size() + forms.size() > MOST) {
      throw new IllegalArgumentException("over " + MOST / 4 + " secrets: IronClaw keeps no more");
    }
    values.addAll(forms);
  }

  /** Text without them. */
  public String mask(String text) {
    return CredentialPatterns.mask(known(text));
  }

  /** Text without the values that are known, whatever it looks like. */
  public String known(String text) {
    String masked = text;
    for (var value : values) {
      if (masked.contains(value)) {
        masked = masked.replace(value, MASK);
      }
    }
    return masked;
  }

  /** Arguments without them: of an option that takes a credential, the next one is masked. */
  public List<String> mask(List<String> arguments) {
    return CredentialPatterns.mask(arguments.stream().map(this::known).toList());
  }
}
