package io.ironclaw.host.ffi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The mount namespace of one thread (unshare(2): each thread of a process may have its own). What
 * is mounted in it, only that thread sees, and the processes that it starts. It is gone with the
 * thread. All methods are for that thread.
 */
public final class MountNamespace {
  private static final int CLONE_NEWNS = 0x0002_0000;
  private static final long MS_NOSUID = 2;
  private static final long MS_NODEV = 4;
  private static final long MS_RDONLY = 1;
  private static final long MS_REMOUNT = 32;
  private static final long MS_BIND = 4_096;
  private static final long MS_REC = 16_384;
  private static final long MS_SLAVE = 1L << 19;
  private static final int MNT_DETACH = 2;

  private static final ValueLayout.OfInt INTEGER = ValueLayout.JAVA_INT;

  private final MethodHandle mount;
  private final MethodHandle umount;

  private MountNamespace(MethodHandle mount, MethodHandle umount) {
    this.mount = mount;
    this.umount = umount;
  }

  /**
   * Gives the calling thread a mount namespace of its own. Mounts that the host makes later still
   * come to it; none of its own goes to the host.
   *
   * @throws IOException if the kernel refuses: it needs CAP_SYS_ADMIN
   */
  public static MountNamespace unshare() throws IOException {
    var text = ValueLayout.ADDRESS;
    var unshare = Libc.function("unshare", FunctionDescriptor.of(INTEGER, INTEGER));
    var namespace =
        new MountNamespace(
            Libc.function(
                "mount",
                FunctionDescriptor.of(INTEGER, text, text, text, ValueLayout.JAVA_LONG, text)),
            Libc.function("umount2", FunctionDescriptor.of(INTEGER, text, INTEGER)));
    Libc.call("unshare a mount namespace", state -> (int) unshare.invokeExact(state, CLONE_NEWNS));
    namespace.mount("none", Path.of("/"), "", MS_REC | MS_SLAVE, "");
    return namespace;
  }

  /** Mounts a file system in memory on a folder. */
  public void tmpfs(Path on, String options) throws IOException {
    mount("tmpfs", on, "tmpfs", MS_NOSUID | MS_NODEV, options);
  }

  /** Mounts a file system in memory on a folder, in which files can be devices. */
  public void tmpfsWithDevices(Path on, String options) throws IOException {
    mount("tmpfs", on, "tmpfs", MS_NOSUID, options);
  }

  /** Lets {@code place} be the file {@code what}, as nobody may write to it there. */
  public void bindReadOnly(Path what, Path place) throws IOException {
    bind(what, place);
    mount("none", place, "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, "");
  }

  /** Lets {@code place} be {@code what}: both files, or both folders. */
  public void bind(Path what, Path place) throws IOException {
    mount(what.toString(), place, "", MS_BIND, "");
  }

  /** Takes a mount away; what is open of it stays open. */
  public void unmount(Path place) throws IOException {
    try (var arena = Arena.ofConfined()) {
      var at = arena.allocateFrom(place.toString());
      Libc.call("unmount " + place, state -> (int) umount.invokeExact(state, at, MNT_DETACH));
    }
  }

  private void mount(String what, Path on, String type, long flags, String options)
      throws IOException {
    try (var arena = Arena.ofConfined()) {
      var from = arena.allocateFrom(what);
      var at = arena.allocateFrom(on.toString());
      var kind = arena.allocateFrom(type);
      var with = arena.allocateFrom(options);
      Libc.call(
          "mount " + what + " on " + on,
          state -> (int) mount.invokeExact(state, from, at, kind, flags, with));
    }
  }
}
