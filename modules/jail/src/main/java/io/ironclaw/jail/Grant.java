package io.ironclaw.jail;

import java.nio.file.Path;
import java.util.List;

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

  /**
   * A socket that the program makes among its own files, for us to connect to.
   *
   * @param socket its path as the program sees it
   */
  record Listener(String socket) implements Grant {
    @Override
    public String name() {
      return socket;
    }
  }

  /** A device, by its usual path. */
  record Device(Path device) implements Grant {
    @Override
    public String name() {
      return device.toString();
    }
  }

  /**
   * A tap device that is there, of a network namespace; the process has it as {@link #DESCRIPTOR}
   * and stays outside of that namespace.
   *
   * @param opener see {@link TapOpener}
   * @param namespace a file that names it
   * @param link the device's name in it
   */
  record Tap(Path opener, Path namespace, String link) implements Grant {
    /** What the process's arguments call it. */
    public static final int DESCRIPTOR = 5;

    @Override
    public String name() {
      return "tap";
    }

    /** What starts a program, once a user may open it; the program has no descriptor of it. */
    List<String> owned(long uid) {
      return List.of(opener.toString(), namespace.toString(), link, "owner=" + uid);
    }

    /** What starts a program with it. */
    List<String> before() {
      return List.of(opener.toString(), namespace.toString(), link, "" + DESCRIPTOR);
    }
  }

  private static void check(String name) {
    if (!name.matches("[a-z][a-z0-9.-]{0,31}")) {
      throw new IllegalArgumentException("no name of a granted file: " + name);
    }
  }
}
