package io.ironclaw.jail;

import io.ironclaw.api.HostException;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PackagedFile;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.seccomp.FilterCache;
import io.ironclaw.jail.seccomp.ThreadFilters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Starts Firecracker through its jailer (Firecracker, docs/jailer.md): a root of what is granted
 * and nothing else, a user id of its own, no capabilities. What the jailer does not do is done
 * around it: it joins control groups, and gets namespaces, by IronClaw's own means, which are read
 * back; and it dies with us. For root alone, as the jailer is.
 */
public final class JailerLauncher implements Launcher {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");
  private static final String ANY_ID = "vm";

  /** What the program finds its filters as. */
  private static final String FILTERS = "seccomp";

  /** What it may write to files in its jail besides: its sockets, and what it is told to. */
  private static final long SCRATCH_BYTES = 4L << 20;

  private static final int BLOCK = 4_096;

  private final Path jailer;
  private final ThreadFilters.Form form;
  private final Staging staging;
  private final FilterCache filters;
  private final Path stateDir;
  private final LauncherThread thread = new LauncherThread();
  private final ControlGroups groups = ControlGroups.ofThisHost();

  /** For the launcher's thread alone. */
  private Optional<Path> init = Optional.empty();

  /**
   * A launcher.
   *
   * @param form of filters that the program takes
   * @param filters where compiled filters are kept
   * @param stateDir a private folder, where the program that starts the jailer is kept
   * @throws HostException if we are not root
   */
  public JailerLauncher(
      Path jailer, ThreadFilters.Form form, JailUids uids, FilterCache filters, Path stateDir)
      throws HostException {
    if (!PrivateDir.isRoot()) {
      throw new HostException(
          "Firecracker's jailer is for root alone: start IronClaw as root, or let it use QEMU"
              + " (--hypervisor qemu)");
    }
    this.jailer = jailer;
    this.form = form;
    this.staging = new Staging(uids);
    this.filters = filters;
    this.stateDir = stateDir;
  }

  @Override
  public Launched launch(ProcessPlan plan) throws HostException {
    return thread.start(plan.program(), () -> start(plan));
  }

  private Launched start(ProcessPlan plan) throws IOException, HostException {
    if (HostTool.isScript(plan.program())) {
      throw new HostException(
          plan.program()
              + " is a script, and in a jail there is nothing to run it: name Firecracker's"
              + " program");
    }
    Path program = plan.program().toRealPath();
    String folder = String.valueOf(plan.folder().getFileName());
    String id = ID.matcher(folder).matches() ? folder : ANY_ID;
    return staging.start(
        stage ->
            stage.chroot(
                String.valueOf(program.getFileName()),
                id,
                blocks(Files.size(program)) + SCRATCH_BYTES),
        (uid, chroot) -> start(plan, program, uid, chroot, id));
  }

  /** What starts the jailer; made sure of once. */
  private Path init() throws HostException {
    if (init.isEmpty()) {
      init = Optional.of(PackagedFile.in(stateDir, JailerLauncher.class, "jail-init", "r-xr-xr-x"));
    }
    return init.get();
  }

  private static long blocks(long bytes) {
    return (bytes + BLOCK - 1) / BLOCK * BLOCK;
  }

  private Launched start(
      ProcessPlan plan, Path program, JailUids.Taken uid, Chroot chroot, String id)
      throws IOException, HostException {
    var mounts = new LinkedHashMap<String, JailReadings.Mount>();
    mounts.put("/", new JailReadings.Mount(true, Optional.empty()));
    for (var grant : plan.grants()) {
      give(grant, uid.uid(), chroot, mounts);
    }
    var argv = new ArrayList<String>();
    plan.tap().ifPresent(tap -> argv.addAll(tap.owned(uid.uid())));
    argv.addAll(
        List.of(
            jailer.toString(),
            "--id",
            id,
            "--exec-file",
            program.toString(),
            "--uid",
            "" + uid.uid(),
            "--gid",
            "" + uid.uid(),
            "--chroot-base-dir",
            chroot.base().toString(),
            "--resource-limit",
            "no-file=" + plan.limits().openFiles(),
            "--resource-limit",
            "fsize=" + plan.limits().fileBytes()));
    plan.tap().ifPresent(tap -> argv.addAll(List.of("--netns", tap.namespace().toString())));
    argv.add("--");
    if (plan.seccomp().isPresent()) {
      Path file = filters.of(plan.seccomp().get().filter(), form);
      give(new Grant.ReadOnlyFile(FILTERS, file), uid.uid(), chroot, mounts);
      argv.addAll(List.of("--seccomp-filter", FILTERS));
    }
    argv.addAll(plan.arguments());
    var group = groups.make(plan.group(), plan.folder());
    Runnable clearing =
        () -> {
          group.remove();
          thread.later(chroot::clear);
          uid.close();
        };
    var forked =
        thread.init(init(), plan.with(whileCopied(plan.limits(), program)), group, argv, clearing);
    var expected =
        new JailReadings(
            OptionalLong.of(uid.uid()),
            mounts,
            Optional.empty(),
            plan.tap(),
            plan.listeners(),
            plan.seccomp(),
            JailReadings.Kind.JAILER);
    return new Jailed(
        forked.process(),
        plan.limits(),
        group,
        expected,
        () -> thread.later(chroot::clear),
        forked.cleared());
  }

  /** The jailer copies the program, and sets the limits then. */
  private static ProcessLimits whileCopied(ProcessLimits limits, Path program) throws IOException {
    return new ProcessLimits(
        limits.openFiles(),
        limits.coreBytes(),
        Math.max(limits.fileBytes(), blocks(Files.size(program))),
        limits.dataBytes());
  }

  private static void give(
      Grant grant, long uid, Chroot chroot, Map<String, JailReadings.Mount> mounts)
      throws IOException {
    switch (grant) {
      case Grant.ReadOnlyFile(String name, Path file) -> put(name, file, false, chroot, mounts);
      case Grant.WritableFile(String name, Path file) -> {
        if (!Files.exists(file)) {
          Files.createFile(file);
        }
        Files.setAttribute(file, "unix:uid", (int) uid);
        put(name, file, true, chroot, mounts);
      }
      case Grant.Sockets sockets ->
          throw new IllegalArgumentException("no folder of sockets in a jailer's jail: " + sockets);
      case Grant.Listener _, Grant.Device _, Grant.Tap _ -> {
        // The program makes it, or the jailer the device file; the tap is opened in its namespace.
      }
    }
  }

  private static void put(
      String name,
      Path file,
      boolean writable,
      Chroot chroot,
      Map<String, JailReadings.Mount> mounts)
      throws IOException {
    Path real = file.toRealPath();
    chroot.put(name, real, writable);
    mounts.put("/" + name, new JailReadings.Mount(writable, Optional.of(real)));
  }

  @Override
  public void close() {
    thread.close();
  }
}
