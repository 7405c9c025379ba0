package io.ironclaw.jail;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A process to start, and all that it gets. Its stdout and stderr are one pipe, and so is its
 * descriptor 3, for programs that refuse to be told of the first three.
 *
 * @param runtime the program, and what it needs of the host
 * @param arguments that name files by their grants, never by a path of the host
 * @param environment all of it
 * @param folder of the host, private: what is to be given to this process alone is made in it
 * @param grants what of the host is in its working directory
 * @param stdin a file; empty = {@code /dev/null}
 * @param limits that the kernel keeps
 * @param group limits of it and all that it starts, where this host has control groups
 * @param seccomp a filter; a launcher that has no jail has none either
 */
public record ProcessPlan(
    Runtime runtime,
    List<String> arguments,
    Map<String, String> environment,
    Path folder,
    List<Grant> grants,
    Optional<Path> stdin,
    ProcessLimits limits,
    GroupLimits group,
    Optional<SeccompPlan> seccomp) {
  public ProcessPlan {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
    grants = List.copyOf(grants);
    if (grants.stream().map(Grant::name).distinct().count() != grants.size()) {
      throw new IllegalArgumentException("two grants have one name: " + grants);
    }
  }

  /** The same within other limits. */
  ProcessPlan with(ProcessLimits other) {
    return new ProcessPlan(
        runtime, arguments, environment, folder, grants, stdin, other, group, seccomp);
  }

  /** The tap that is granted, if one is. */
  Optional<Grant.Tap> tap() {
    return grants.stream().filter(Grant.Tap.class::isInstance).map(Grant.Tap.class::cast).findAny();
  }

  /** Where the program listens, by its own view. */
  Set<String> listeners() {
    return grants.stream()
        .filter(Grant.Listener.class::isInstance)
        .map(Grant::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  Path program() {
    return runtime.program();
  }
}
