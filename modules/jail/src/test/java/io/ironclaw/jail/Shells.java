package io.ironclaw.jail;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A shell of the host's, to be put in a jail. */
final class Shells {
  static final ProcessLimits LIMITS = new ProcessLimits(256, 0, 1 << 20, 256L << 20);
  static final GroupLimits GROUP = new GroupLimits(128L << 20, 16, 1);

  private Shells() {}

  /** Dash needs the C library and nothing else. */
  static Runtime runtime() throws java.io.IOException {
    Path shell = Path.of("/bin/dash").toRealPath();
    Path loader = Path.of("/lib64/ld-linux-x86-64.so.2");
    Path library = loader.toRealPath().getParent();
    return new Runtime(
        shell,
        List.of(java.util.Objects.requireNonNull(library)),
        Map.of(loader, loader.toRealPath(), Path.of("/lib"), Path.of("usr/lib")));
  }
}
