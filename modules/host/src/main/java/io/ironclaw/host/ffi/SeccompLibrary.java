package io.ironclaw.host.ffi;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The system's libseccomp (seccomp_init(3) and others): knows the numbers of system calls, and
 * makes filters of rules. For one thread.
 */
public final class SeccompLibrary implements AutoCloseable {
  /** The library's binary interface has this name since 2012. */
  private static final String NAME = "libseccomp.so.2";

  private static final int ACTION_ON_OTHER_ARCHITECTURES = 2;
  private static final int KILL_PROCESS = 0x8000_0000;
  private static final int OPTIMIZE = 8;
  private static final int BINARY_TREE = 2;
  private static final int CLOSE_ON_EXEC = 1;
  private static final int MOST_NAME = 64;

  private static final ValueLayout.OfInt INTEGER = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  /** As struct scmp_arg_cmp. */
  private static final StructLayout CONDITION =
      MemoryLayout.structLayout(
          INTEGER.withName("argument"),
          INTEGER.withName("comparison"),
          LONG.withName("first"),
          LONG.withName("second"));

  /**
   * What an argument must be.
   *
   * @param argument 0 to 5
   * @param comparison as enum scmp_compare
   * @param first the value, or the mask where the comparison has one
   * @param second the value where there is a mask
   */
  public record Condition(int argument, int comparison, long first, long second) {}

  /**
   * What happens on a system call if all conditions hold.
   *
   * @param action as in seccomp(2), SECCOMP_RET_
   * @param call its number
   */
  public record Rule(int action, int call, List<Condition> conditions) {
    public Rule {
      conditions = List.copyOf(conditions);
    }
  }

  private final Arena arena = Arena.ofConfined();
  private final SymbolLookup library;

  private SeccompLibrary(String name) {
    library = load(name, arena);
  }

  // Loading it is what this package is for.
  @SuppressWarnings("restricted")
  private static SymbolLookup load(String name, Arena arena) {
    return SymbolLookup.libraryLookup(name, arena);
  }

  /**
   * Loads it.
   *
   * @throws HostException if this host has none
   */
  public static SeccompLibrary open() throws HostException {
    return open(NAME);
  }

  static SeccompLibrary open(String name) throws HostException {
    try {
      return new SeccompLibrary(name);
    } catch (IllegalArgumentException e) {
      throw new HostException(
          name + " can't be loaded; install it (Debian, Ubuntu: apt-get install libseccomp2)", e);
    }
  }

  /** The number of a system call on this host's architecture; empty if the library knows none. */
  public OptionalInt number(String name) {
    var resolve =
        function(
            "seccomp_syscall_resolve_name", FunctionDescriptor.of(INTEGER, ValueLayout.ADDRESS));
    try (var call = Arena.ofConfined()) {
      int number = (int) resolve.invokeExact(call.allocateFrom(name));
      // Below zero are those that other architectures have.
      return number >= 0 ? OptionalInt.of(number) : OptionalInt.empty();
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** The name of a system call on this host's architecture. */
  // The name's length is not known before it is read.
  @SuppressWarnings("restricted")
  public Optional<String> name(int number) {
    var resolve =
        function(
            "seccomp_syscall_resolve_num_arch",
            FunctionDescriptor.of(ValueLayout.ADDRESS, INTEGER, INTEGER));
    var native_ = function("seccomp_arch_native", FunctionDescriptor.of(INTEGER));
    try {
      int architecture = (int) native_.invokeExact();
      var name = (MemorySegment) resolve.invokeExact(architecture, number);
      // The library's memory, to be freed: at most a few bytes, once in a process's life.
      return name.equals(MemorySegment.NULL)
          ? Optional.empty()
          : Optional.of(name.reinterpret(MOST_NAME).getString(0));
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /**
   * Makes a filter: an array of struct sock_filter, for this host's architecture. Calls of another
   * one kill the process.
   *
   * @param otherwise what happens where no rule applies, as in seccomp(2)
   * @throws HostException if the library refuses a rule
   */
  public byte[] compile(int otherwise, List<Rule> rules) throws HostException {
    var pointer = ValueLayout.ADDRESS;
    var begin = function("seccomp_init", FunctionDescriptor.of(pointer, INTEGER));
    var set =
        function("seccomp_attr_set", FunctionDescriptor.of(INTEGER, pointer, INTEGER, INTEGER));
    var end = function("seccomp_release", FunctionDescriptor.ofVoid(pointer));
    try {
      var context = (MemorySegment) begin.invokeExact(otherwise);
      if (context.equals(MemorySegment.NULL)) {
        throw new HostException("libseccomp makes no filter with the default action " + otherwise);
      }
      try {
        check((int) set.invokeExact(context, ACTION_ON_OTHER_ARCHITECTURES, KILL_PROCESS), "");
        // Older libraries have none, and make a longer way through the same filter.
        int _ = (int) set.invokeExact(context, OPTIMIZE, BINARY_TREE);
        for (var rule : rules) {
          add(context, rule);
        }
        return export(context);
      } finally {
        end.invokeExact(context);
      }
    } catch (HostException e) {
      throw e;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private void add(MemorySegment context, Rule rule) throws Throwable {
    var pointer = ValueLayout.ADDRESS;
    var add =
        function(
            "seccomp_rule_add_array",
            FunctionDescriptor.of(INTEGER, pointer, INTEGER, INTEGER, INTEGER, pointer));
    try (var call = Arena.ofConfined()) {
      var conditions = call.allocate(CONDITION, Math.max(1, rule.conditions().size()));
      long at = 0;
      for (var condition : rule.conditions()) {
        conditions.set(INTEGER, at, condition.argument());
        conditions.set(INTEGER, at + 4, condition.comparison());
        conditions.set(LONG, at + 8, condition.first());
        conditions.set(LONG, at + 16, condition.second());
        at += CONDITION.byteSize();
      }
      int result =
          (int)
              add.invokeExact(
                  context, rule.action(), rule.call(), rule.conditions().size(), conditions);
      check(result, " the rule for system call " + rule.call());
    }
  }

  private byte[] export(MemorySegment context) throws Throwable {
    var linker = Linker.nativeLinker().defaultLookup();
    var memory =
        function(
            linker, "memfd_create", FunctionDescriptor.of(INTEGER, ValueLayout.ADDRESS, INTEGER));
    var close = function(linker, "close", FunctionDescriptor.of(INTEGER, INTEGER));
    var export =
        function(
            "seccomp_export_bpf", FunctionDescriptor.of(INTEGER, ValueLayout.ADDRESS, INTEGER));
    int descriptor;
    try (var call = Arena.ofConfined()) {
      descriptor = (int) memory.invokeExact(call.allocateFrom("filter"), CLOSE_ON_EXEC);
    }
    if (descriptor < 0) {
      throw new HostException("no memory for a filter: memfd_create failed; are files left?");
    }
    try {
      check((int) export.invokeExact(context, descriptor), " to write the filter");
      return Files.readAllBytes(Path.of("/proc/self/fd/" + descriptor));
    } catch (IOException e) {
      throw new HostException("a filter can't be read back: " + e.getMessage(), e);
    } finally {
      int _ = (int) close.invokeExact(descriptor);
    }
  }

  private static void check(int result, String what) throws HostException {
    if (result < 0) {
      throw new HostException("libseccomp refuses" + what + ": error " + -result);
    }
  }

  private MethodHandle function(String name, FunctionDescriptor type) {
    return function(library, name, type);
  }

  // Calls into it are what this package is for.
  @SuppressWarnings("restricted")
  private static MethodHandle function(SymbolLookup from, String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(from.findOrThrow(name), type);
  }

  /** A method handle declares Throwable; a call into C throws nothing. */
  private static IllegalStateException impossible(Throwable e) {
    return new IllegalStateException(e);
  }

  @Override
  public void close() {
    arena.close();
  }
}
