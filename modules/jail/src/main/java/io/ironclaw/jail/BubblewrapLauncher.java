package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.seccomp.FilterCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A jail of bubblewrap's around each process: namespaces of its own, a file system of what is
 * granted and nothing else, no capabilities and no way to new ones. Started by root, each process
 * has a user id of its own besides.
 */
public final class BubblewrapLauncher implements Launcher {
  /** Where a process finds what it is granted. */
  static final String HOME = "/vm";

  /** The same for every process (bwrap(1)). As process 1 of its namespace, it takes all with it. */
  private static final List<String> ALWAYS =
      List.of(
          "--unshare-user",
          "--unshare-pid",
          "--unshare-net",
          "--unshare-ipc",
          "--unshare-uts",
          "--unshare-cgroup",
          "--hostname",
          "hypervisor",
          "--as-pid-1",
          "--die-with-parent",
          "--new-session",
          "--cap-drop",
          "ALL",
          "--clearenv");

  /** The descriptor that bubblewrap reads the filter from. */
  private static final String FILTER = "4";

  private final Path bwrap;
  private final Path setpriv;
  private final Optional<Staging> staging;
  private final FilterCache filters;
  private final LauncherThread thread = new LauncherThread();
  private final ControlGroups groups = ControlGroups.ofThisHost();

  /** For the launcher's thread alone. */
  private final Map<Runtime, List<Path>> staged = new HashMap<>();

  private BubblewrapLauncher(
      Path bwrap, Path setpriv, Optional<JailUids> uids, FilterCache filters) {
    this.bwrap = bwrap;
    this.setpriv = setpriv;
    this.staging = uids.map(Staging::new);
    this.filters = filters;
  }

  /**
   * A launcher for whoever we are.
   *
   * @param searchPath where bubblewrap is looked for, and setpriv
   * @param uids taken from by root only
   * @param filters where compiled seccomp filters are kept
   * @throws HostException if there is no bubblewrap, or no setpriv
   */
  public static BubblewrapLauncher of(String searchPath, JailUids uids, FilterCache filters)
      throws HostException {
    var bwrap =
        HostTool.find("bwrap", searchPath)
            .orElseThrow(() ->
                new HostException(
                    "no jail: bwrap is not on PATH; install it (Debian, Ubuntu: apt-get install"
                        + " bubblewrap) or choose no jail (--jail none)"));
    var setpriv =
        HostTool.find("setpriv", searchPath)
            .orElseThrow(() ->
                new HostException(
                    "no jail: setpriv is not on PATH; install it (Debian, Ubuntu: apt-get install"
                        + " util-linux)"));
    return new BubblewrapLauncher(
        bwrap, setpriv, PrivateDir.isRoot() ? Optional.of(uids) : Optional.empty(), filters);
  }

  @Override
  public Launched launch(ProcessPlan plan) throws HostException {
    return thread.start(plan.program(), () -> start(plan));
  }

  private Launched start(ProcessPlan plan) throws IOException, HostException {
    if (HostTool.isScript(plan.program())) {
      throw new HostException(
          plan.program()
              + " is a script, and in a jail there is nothing to run it: name the program that it"
              + " starts, or choose no jail (--jail none)");
    }
    return staging.isPresent()
        ? staging
            .get()
            .start(Stage::shelf, (uid, shelf) -> start(plan, Optional.of(uid), Optional.of(shelf)))
        : start(plan, Optional.empty(), Optional.empty());
  }

  private Launched start(
      ProcessPlan plan, Optional<JailUids.Taken> uid, Optional<Stage.Shelf> shelf)
      throws IOException, HostException {
    var mounts = new LinkedHashMap<String, JailReadings.Mount>();
    mounts.put("/", new JailReadings.Mount(false, Optional.empty()));
    var argv = new ArrayList<String>();
    plan.tap().ifPresent(tap -> argv.addAll(tap.before()));
    uid.ifPresent(u -> argv.addAll(as(u.uid(), plan)));
    argv.add(bwrap.toString());
    argv.addAll(ALWAYS);
    Optional<Path> filter = Optional.empty();
    if (plan.seccomp().isPresent()) {
      filter = Optional.of(filters.of(plan.seccomp().get().filter()));
      argv.addAll(List.of("--seccomp", FILTER));
    }
    plan.environment().forEach((name, value) -> argv.addAll(List.of("--setenv", name, value)));
    mountRuntime(plan.runtime(), argv, mounts);
    argv.addAll(List.of("--dir", HOME));
    for (var grant : plan.grants()) {
      mount(grant, uid, shelf, argv, mounts);
    }
    argv.addAll(List.of("--remount-ro", "/", "--chdir", HOME, "--", plan.program().toString()));
    argv.addAll(plan.arguments());
    var group = groups.make(plan.group(), plan.folder());
    Runnable clearing =
        () -> {
          group.remove();
          unstage(shelf);
          uid.ifPresent(JailUids.Taken::close);
        };
    var forked = thread.fork(plan, filter, group, Path.of("/"), Map.of(), argv, clearing);
    var expected =
        new JailReadings(
            uid.map(u -> OptionalLong.of(u.uid())).orElse(OptionalLong.empty()),
            mounts,
            plan.stdin(),
            plan.tap(),
            plan.listeners(),
            plan.seccomp(),
            JailReadings.Kind.BUBBLEWRAP);
    return new Jailed(
        forked.process(), plan.limits(), group, expected, () -> unstage(shelf), forked.cleared());
  }

  /** Another user from here on, with nothing of ours; a device that a group may use, by it. */
  private List<String> as(long uid, ProcessPlan plan) {
    var groups = new TreeSet<Integer>();
    for (var grant : plan.grants()) {
      if (grant instanceof Grant.Device(Path device)) {
        group(device).ifPresent(groups::add);
      }
    }
    String id = Long.toString(uid);
    String list = groups.stream().map(String::valueOf).collect(Collectors.joining(","));
    return List.of(
        setpriv.toString(),
        "--reuid",
        id,
        "--regid",
        id,
        groups.isEmpty() ? "--clear-groups" : "--groups=" + list,
        "--pdeathsig",
        "KILL");
  }

  private static Optional<Integer> group(Path device) {
    try {
      var mode = Files.getPosixFilePermissions(device);
      boolean byGroup =
          mode.contains(PosixFilePermission.GROUP_WRITE)
              && !mode.contains(PosixFilePermission.OTHERS_WRITE);
      return byGroup
          ? Optional.of((Integer) Files.getAttribute(device, "unix:gid"))
          : Optional.empty();
    } catch (IOException _) {
      // Bubblewrap says what is wrong with it.
      return Optional.empty();
    }
  }

  private void mountRuntime(
      Runtime runtime, List<String> argv, Map<String, JailReadings.Mount> mounts)
      throws IOException, HostException {
    var paths = new ArrayList<>(runtime.paths());
    if (paths.stream().noneMatch(runtime.program()::startsWith)) {
      paths.add(runtime.program());
    }
    var sources = staging.isPresent() ? staged(staging.get(), runtime, paths) : paths;
    for (int i = 0; i < paths.size(); i++) {
      argv.addAll(List.of("--ro-bind", sources.get(i).toString(), paths.get(i).toString()));
      mounts.put(paths.get(i).toString(), new JailReadings.Mount(false, Optional.of(paths.get(i))));
    }
    runtime
        .links()
        .forEach((name, to) -> argv.addAll(List.of("--symlink", to.toString(), name.toString())));
  }

  private List<Path> staged(Staging staging, Runtime runtime, List<Path> paths)
      throws IOException, HostException {
    var known = staged.get(runtime);
    if (known != null) {
      return known;
    }
    var shelf = staging.stage().shelf();
    var places = new ArrayList<Path>();
    for (var path : paths) {
      places.add(shelf.put(path));
    }
    staged.put(runtime, places);
    return places;
  }

  private static void mount(
      Grant grant,
      Optional<JailUids.Taken> uid,
      Optional<Stage.Shelf> shelf,
      List<String> argv,
      Map<String, JailReadings.Mount> mounts)
      throws IOException, HostException {
    switch (grant) {
      case Grant.ReadOnlyFile(String name, Path file) -> {
        if (uid.isPresent()) {
          requireReadable(file);
        }
        bind("--ro-bind", shelf, file, HOME + "/" + name, argv, mounts);
      }
      case Grant.Sockets(String name, Path folder) ->
          bind("--ro-bind", shelf, folder, HOME + "/" + name, argv, mounts);
      case Grant.WritableFile(String name, Path file) -> {
        if (!Files.exists(file)) {
          Files.createFile(file);
        }
        if (uid.isPresent()) {
          Files.setAttribute(file, "unix:uid", (int) uid.get().uid());
        }
        bind("--bind", shelf, file, HOME + "/" + name, argv, mounts);
      }
      case Grant.Device(Path device) ->
          bind("--dev-bind", Optional.empty(), device, device.toString(), argv, mounts);
      case Grant.Listener _ -> {
        // The program makes it.
      }
      case Grant.Tap _ -> {
        // It comes as a descriptor.
      }
    }
  }

  private static void bind(
      String how,
      Optional<Stage.Shelf> shelf,
      Path what,
      String at,
      List<String> argv,
      Map<String, JailReadings.Mount> mounts)
      throws IOException {
    Path real = what.toRealPath();
    String from = shelf.isPresent() ? shelf.get().put(real).toString() : real.toString();
    argv.addAll(List.of(how, from, at));
    mounts.put(at, new JailReadings.Mount(!how.equals("--ro-bind"), Optional.of(real)));
  }

  private static void requireReadable(Path file) throws IOException, HostException {
    if (!Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
      throw new HostException(
          file + " can't be read by the user id that a VM runs as; run: chmod a+r " + file);
    }
  }

  private void unstage(Optional<Stage.Shelf> shelf) {
    if (shelf.isPresent()) {
      thread.later(shelf.get()::clear);
    }
  }

  @Override
  public void close() {
    thread.close();
  }
}
