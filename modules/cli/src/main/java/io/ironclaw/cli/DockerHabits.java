package io.ironclaw.cli;

import io.ironclaw.api.Printable;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What hands that know docker type here, and what they find in its place. */
final class DockerHabits {
  private static final String LIVES_AS_LONG =
      "a VM lives as long as its command; there is none to look for";
  private static final String MOUNTS =
      "no folder of the host can be mounted; copy it in: tar c DIR | ironclaw exec -- sh -c 'tar x"
          + " && ...'";

  private static final String IMAGES =
      "the image is debian, or the path of a squashfs or erofs file; see exec --image";
  private static final String PORTS = "use --network tap --publish HOST_PORT:GUEST_PORT";
  private static final String STDIN = "stdin is always passed on; leave it out";
  private static final String TERMINAL = "stdin is always passed on; for a terminal use --tty";

  private static final Map<String, String> HINTS =
      Map.ofEntries(
          Map.entry("-it", TERMINAL),
          Map.entry("-ti", TERMINAL),
          Map.entry("-i", STDIN),
          Map.entry("--interactive", STDIN),
          Map.entry("--rm", "every VM is gone when its command ends; leave it out"),
          Map.entry("--name", "use --id"),
          Map.entry("-w", "use --cwd"),
          Map.entry("--workdir", "use --cwd"),
          Map.entry("-u", "use --user"),
          Map.entry("-m", "use --memory"),
          Map.entry("--cpus", "use --vcpus"),
          Map.entry("--volume", MOUNTS),
          Map.entry("--mount", MOUNTS),
          Map.entry("-p", PORTS),
          Map.entry("run", "use ironclaw exec"),
          Map.entry("start", "use ironclaw exec or spawn-vm"),
          Map.entry("ps", LIVES_AS_LONG),
          Map.entry("ls", LIVES_AS_LONG),
          Map.entry("stop", LIVES_AS_LONG),
          Map.entry("kill", LIVES_AS_LONG),
          Map.entry("rm", LIVES_AS_LONG),
          Map.entry("logs", LIVES_AS_LONG),
          Map.entry("images", IMAGES),
          Map.entry("pull", IMAGES),
          Map.entry("version", "use ironclaw --version"));

  private DockerHabits() {}

  static Optional<String> hint(List<String> unmatched) {
    return unmatched.stream().findFirst().flatMap(first -> Optional.ofNullable(HINTS.get(first)));
  }

  /** {@code -v /here:/there} is an option of its own here, and the folders would be the command. */
  static void refuseMount(String program) {
    if (program.startsWith("/") && program.contains(":/")) {
      throw new IllegalArgumentException(
          "\"" + Printable.of(program) + "\" is no program; -v is --verbose here, and " + MOUNTS);
    }
  }
}
