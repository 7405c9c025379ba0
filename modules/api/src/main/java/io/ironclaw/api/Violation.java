package io.ironclaw.api;

/**
 * One broken bound of a specification.
 *
 * @param field its name, as a person knows it
 * @param value what was asked for
 * @param allowed the bounds
 */
public record Violation(String field, String value, String allowed) {
  @Override
  public String toString() {
    return field + " is " + value + ", allowed: " + allowed;
  }
}
