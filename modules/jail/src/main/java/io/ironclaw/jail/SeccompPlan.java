package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Seccomp;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.jail.seccomp.PackagedPolicy;
import java.util.Optional;

/**
 * The seccomp filter that a process begins with.
 *
 * @param filter what it is made of
 * @param own how many filters the program puts over it before it is read back
 */
public record SeccompPlan(FilterCache.Wanted filter, int own) {
  /**
   * Of the policies that are packaged beside a class.
   *
   * @param own as of the record
   * @return empty if there is to be none
   */
  public static Optional<SeccompPlan> of(Class<?> beside, Seccomp level, int own)
      throws HostException {
    return switch (level) {
      case NONE -> Optional.empty();
      case LEARNING -> Optional.of(of(beside, Seccomp.MINIMAL, FilterCache.Use.LEARN, own));
      case MINIMAL, BASIC, PERMISSIVE ->
          Optional.of(of(beside, level, FilterCache.Use.ENFORCE, own));
    };
  }

  private static SeccompPlan of(Class<?> beside, Seccomp level, FilterCache.Use use, int own)
      throws HostException {
    return new SeccompPlan(
        new FilterCache.Wanted(PackagedPolicy.json(beside, level.text()), use), own);
  }
}
