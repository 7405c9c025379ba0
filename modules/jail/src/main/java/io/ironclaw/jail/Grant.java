package io.ironclaw.jail;

import java.nio.file.Path;

/**
 * One thing of the host that a process gets, and the name that it has in the process's folder. What
 * is not granted is not there: its arguments name nothing else.
 */
public sealed interface Grant {
  /** A plain name: the arguments use it as a relative path. */
  String name();

  /** A file to be read. */
  record ReadOnlyFile(String name, Path file) implements Grant {
    public ReadOnlyFile {
      check(name);
    }
  }

  /** A file to be written, which may not be there yet. */
  record WritableFile(String name, Path file) implements Grant {
    public WritableFile {
      check(name);
    }
  }

  /** A folder of sockets to connect to, now or later; nothing can be made in it. */
  record Sockets(String name, Path folder) implements Grant {
    public Sockets {
      check(name);
    }
  }

  /** A device, by its usual path. */
  record Device(Path device) implements Grant {
    @Override
    public String name() {
      return device.toString();
    }
  }

  private static void check(String name) {
    if (!name.matches("[a-z][a-z0-9.-]{0,31}")) {
      throw new IllegalArgumentException("no name of a granted file: " + name);
    }
  }
}
