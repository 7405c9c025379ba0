package io.ironclaw.api;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  /** Of the values, the newest. */
  public static final int MOST = 1_024;

  /** The one that was named first is first. */
  private final Map<String, List<String>> formsOf = new LinkedHashMap<>();

  /** The longest first: one may hold another. */
  private volatile List<String> values = List.of();

  /**
   * From now on, a value is masked; of over {@link #MOST} of them, the newest are.
   *
   * @throws IllegalArgumentException if it has less than {@link #SHORTEST} characters
   */
  public synchronized void add(String value) {
    if (value.length() < SHORTEST) {
      throw new IllegalArgumentException(
          "a secret of %d characters can't be told from other text: it takes at least %d; pass it as a plain variable"
              .formatted(value.length(), SHORTEST));
    }
    boolean isKnown = formsOf.remove(value) != null;
    formsOf.put(value, forms(value));
    if (isKnown) {
      return;
    }
    if (formsOf.size() > MOST) {
      formsOf.remove(formsOf.keySet().iterator().next());
    }
    values =
        formsOf.values().stream()
            .flatMap(List::stream)
            .distinct()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
  }

  private static List<String> forms(String value) {
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    String encoded = URLEncoder.encode(value, StandardCharsets.UTF_8);
    return List.of(
        value,
        encoded,
        encoded.replace("+", "%20"),
        Base64.getEncoder().encodeToString(bytes),
        Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** Whether a variable's name says that its value is one. */
  public static boolean isNamed(String variable) {
    return CredentialPatterns.isName(variable);
  }

  /** Text without them. */
  public String mask(String text) {
    return CredentialPatterns.mask(known(text));
  }

  /** Text without the values that are known, whatever it looks like. */
  private String known(String text) {
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
