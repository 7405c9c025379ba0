package io.ironclaw.host.ffi;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
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
  private static final long MS_BIND = 4_096;
  private static final long MS_REC = 16_384;
  private static final long MS_SLAVE = 1L << 19;
  private static final int MNT_DETACH = 2;

  private static final ValueLayout.OfInt INTEGER = ValueLayout.JAVA_INT;
  private static final Linker.Option KEEPS_ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

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
    var unshare = function("unshare", FunctionDescriptor.of(INTEGER, INTEGER));
    var namespace =
        new MountNamespace(
            function(
                "mount",
                FunctionDescriptor.of(INTEGER, text, text, text, ValueLayout.JAVA_LONG, text)),
            function("umount2", FunctionDescriptor.of(INTEGER, text, INTEGER)));
    try (var arena = Arena.ofConfined()) {
      var state = arena.allocate(STATE);
      check((int) unshare.invokeExact(state, CLONE_NEWNS), state, "unshare a mount namespace");
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw impossible(e);
    }
    namespace.mount("none", Path.of("/"), "", MS_REC | MS_SLAVE, "");
    return namespace;
  }

  /** Mounts a file system in memory on a folder. */
  public void tmpfs(Path on, String options) throws IOException {
    mount("tmpfs", on, "tmpfs", MS_NOSUID | MS_NODEV, options);
  }

  /** Lets {@code place} be {@code what}: both files, or both folders. */
  public void bind(Path what, Path place) throws IOException {
    mount(what.toString(), place, "", MS_BIND, "");
  }

  /** Takes a mount away; what is open of it stays open. */
  public void unmount(Path place) throws IOException {
    try (var arena = Arena.ofConfined()) {
      var state = arena.allocate(STATE);
      int result = (int) umount.invokeExact(state, text(arena, place), MNT_DETACH);
      check(result, state, "unmount " + place);
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private void mount(String what, Path on, String type, long flags, String options)
      throws IOException {
    try (var arena = Arena.ofConfined()) {
      var state = arena.allocate(STATE);
      int result =
          (int)
              mount.invokeExact(
                  state,
                  arena.allocateFrom(what),
                  text(arena, on),
                  arena.allocateFrom(type),
                  flags,
                  arena.allocateFrom(options));
      check(result, state, "mount " + what + " on " + on);
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static MemorySegment text(Arena arena, Path path) {
    return arena.allocateFrom(path.toString());
  }

  private static void check(int result, MemorySegment state, String what) throws IOException {
    if (result != 0) {
      throw new IOException("can't " + what + ": " + Errno.text((int) ERRNO.get(state, 0L)));
    }
  }

  /** A method handle declares Throwable; a call into libc throws nothing. */
  private static IllegalStateException impossible(Throwable e) {
    return new IllegalStateException(e);
  }

  // Calls into libc are what this package is for.
  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, FunctionDescriptor type) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, KEEPS_ERRNO);
  }
}
