package io.ironclaw.jail;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a program needs of the host to run at all: itself, its libraries, its data. Files of the
 * distribution, which hold nothing of anybody's; a jail has them read-only, where the host has
 * them.
 *
 * @param program the executable
 * @param paths absolute real paths of files and folders besides it, none within another
 * @param links names that lead to one of the paths, such as {@code /lib} to {@code /usr/lib}
 */
public record Runtime(Path program, List<Path> paths, Map<Path, Path> links) {
  public Runtime {
    paths = List.copyOf(paths);
    links = Map.copyOf(links);
    for (var path : paths) {
      if (!path.isAbsolute() || !path.equals(path.normalize())) {
        throw new IllegalArgumentException("no absolute path without detours: " + path);
      }
    }
  }

  /** A program that needs nothing but itself, as a static one. */
  public static Runtime of(Path program) {
    return new Runtime(program, List.of(), Map.of());
  }
}
