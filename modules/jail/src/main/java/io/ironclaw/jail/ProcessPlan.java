package io.ironclaw.jail;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process to start, and all that it gets.
 *
 * @param program the executable
 * @param arguments that name files by their grants, never by a path of the host
 * @param environment all of it
 * @param folder the process's own: private, writable, its working directory
 * @param grants what of the host is in that folder
 * @param stdin a file; empty = {@code /dev/null}
 * @param limits that the kernel keeps
 */
public record ProcessPlan(
    Path program,
    List<String> arguments,
    Map<String, String> environment,
    Path folder,
    List<Grant> grants,
    Optional<Path> stdin,
    ProcessLimits limits) {
  public ProcessPlan {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
    grants = List.copyOf(grants);
    if (grants.stream().map(Grant::name).distinct().count() != grants.size()) {
      throw new IllegalArgumentException("two grants have one name: " + grants);
    }
  }
}
