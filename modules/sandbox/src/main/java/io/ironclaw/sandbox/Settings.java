package io.ironclaw.sandbox;

import io.ironclaw.api.Acceleration;
import io.ironclaw.api.Assurance;
import io.ironclaw.api.Jail;
import io.ironclaw.api.NetworkSet;
import io.ironclaw.api.Seccomp;
import io.ironclaw.audit.AuditSettings;
import io.ironclaw.jail.JailUids;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where IronClaw keeps its things and what it uses.
 *
 * @param cacheDir kernels, images and templates; may be deleted at any time
 * @param runtimeDir sockets and files of running VMs, mode 0700
 * @param drivers the hypervisor
 * @param searchPath where programs are searched, as in PATH
 * @param templates whether VMs are cloned from templates; off = every VM boots cold
 * @param acceleration what VMs must run on: KVM or no VM, emulation without a try; empty = KVM
 *     where it works, else emulation
 * @param jail around each hypervisor
 * @param seccomp which system calls a jailed hypervisor may make
 * @param jailUids what root's hypervisors run as, one each
 * @param required what every VM must have, whatever else is demanded of it
 * @param resolvers that are asked for the names that guests may reach, as {@code ADDRESS[:PORT]}
 *     with commas between; empty = those of this host
 * @param networkSets rules for networks, by the names that they are asked for by
 * @param audit how the audit's log is kept; empty = there is none
 */
public record Settings(
    Path cacheDir,
    Path runtimeDir,
    Drivers drivers,
    String searchPath,
    boolean templates,
    Optional<Acceleration> acceleration,
    Jail jail,
    Seccomp seccomp,
    JailUids jailUids,
    Assurance required,
    Optional<String> resolvers,
    Map<String, NetworkSet> networkSets,
    Optional<AuditSettings> audit) {

  private static final Map<String, Drivers.Wanted> HYPERVISORS =
      Map.of(
          "auto", Drivers.Wanted.AUTO,
          "firecracker", Drivers.Wanted.FIRECRACKER,
          "qemu", Drivers.Wanted.QEMU);

  private static final Map<String, Seccomp> SECCOMP =
      Map.of(
          "minimal", Seccomp.MINIMAL,
          "basic", Seccomp.BASIC,
          "permissive", Seccomp.PERMISSIVE,
          "learning", Seccomp.LEARNING);

  /**
   * Where what VMs leave for the next ones is kept, templates and notes: the cache, or, where that
   * is complete and can't be written, as when it is shared, a folder beside the running VMs.
   */
  public Path stateDir() {
    return !Files.exists(cacheDir) || Files.isWritable(cacheDir)
        ? cacheDir
        : runtimeDir.resolve("cache");
  }

  /**
   * From the environment: {@code IRONCLAW_CACHE}, else {@code XDG_CACHE_HOME/ironclaw}, else {@code
   * .cache/ironclaw} in {@code HOME} or, without one, in the home of the password file; {@code
   * XDG_RUNTIME_DIR/ironclaw}, else {@code run} in the cache folder; {@code IRONCLAW_HYPERVISOR},
   * auto, firecracker or qemu; {@code IRONCLAW_QEMU}; {@code IRONCLAW_FIRECRACKER}, else the one
   * that was installed in {@code ironclaw/firecracker} of {@code XDG_DATA_HOME}, which is {@code
   * .local/share} in {@code HOME} unless set; {@code IRONCLAW_TEMPLATES}, on or off; {@code
   * IRONCLAW_ACCEL}, kvm or emulated; {@code IRONCLAW_JAIL}, bubblewrap or none; {@code
   * IRONCLAW_SECCOMP}, minimal, basic, permissive or learning; {@code IRONCLAW_JAIL_UIDS},
   * FIRST-LAST; {@code IRONCLAW_REQUIRE}, as of {@link Assurance#parse}; {@code IRONCLAW_DNS};
   * {@code IRONCLAW_AUDIT}, on, off or the folder of its log, else {@code ironclaw/audit} in {@code
   * XDG_STATE_HOME}, which is {@code .local/state} in {@code HOME} unless set, and {@code
   * IRONCLAW_AUDIT_KEY}, the folder of its key, else {@code ironclaw/audit-key} there; and the file
   * {@code IRONCLAW_CONFIG}, else {@code ironclaw/ironclaw.toml} in {@code XDG_CONFIG_HOME} or
   * {@code .config} of {@code HOME}: see {@link ConfigFile}. The XDG variables are ignored where
   * they are relative (XDG Base Directory Specification) or, for the runtime folder, name one that
   * is not there.
   *
   * @throws IllegalArgumentException if a variable has a value that it can't have
   */
  public static Settings fromEnvironment(Map<String, String> env) {
    var variables = new Variables(env);
    Path cache =
        variables
            .folder("IRONCLAW_CACHE")
            .or(() -> variables.xdg("XDG_CACHE_HOME").map(d -> d.resolve("ironclaw")))
            .orElseGet(() -> variables.home().resolve(".cache").resolve("ironclaw"));
    Path runtime =
        variables
            .xdg("XDG_RUNTIME_DIR")
            .filter(Files::isDirectory)
            .map(d -> d.resolve("ironclaw"))
            .orElseGet(() -> cache.resolve("run"));
    var config = ConfigFile.of(configFile(variables));
    return new Settings(
        cache,
        runtime,
        drivers(variables),
        variables.text("PATH").orElse("/usr/sbin:/usr/bin:/sbin:/bin"),
        variables.choice("IRONCLAW_TEMPLATES", Map.of("on", true, "off", false)).orElse(true),
        variables.choice(
            "IRONCLAW_ACCEL", Map.of("kvm", Acceleration.KVM, "emulated", Acceleration.EMULATED)),
        variables
            .choice("IRONCLAW_JAIL", Map.of("bubblewrap", Jail.BUBBLEWRAP, "none", Jail.NONE))
            .orElse(Jail.BUBBLEWRAP),
        variables.choice("IRONCLAW_SECCOMP", SECCOMP).orElse(Seccomp.BASIC),
        variables.text("IRONCLAW_JAIL_UIDS").map(JailUids::parse).orElse(JailUids.DEFAULT),
        variables
            .text("IRONCLAW_REQUIRE")
            .map(Assurance::parse)
            .orElse(Assurance.ANY)
            .and(config.required()),
        variables.text("IRONCLAW_DNS"),
        config.sets(),
        audit(variables, cache, config.audit()));
  }

  private static Optional<AuditSettings> audit(
      Variables variables, Path cache, AuditTable configured) {
    Path state =
        variables
            .xdg("XDG_STATE_HOME")
            .or(() -> variables.homeIfAny().map(home -> home.resolve(".local").resolve("state")))
            .map(folder -> folder.resolve("ironclaw"))
            .orElseGet(() -> cache.resolve("state"));
    boolean isOff = variables.text("IRONCLAW_AUDIT").filter("off"::equals).isPresent();
    if (isOff && configured.isDemanded()) {
      throw new IllegalArgumentException(
          "IRONCLAW_AUDIT=off, and the configuration has an [audit]: unset the variable");
    }
    return isOff
        ? Optional.empty()
        : Optional.of(
            configured.settings(
                variables
                    .text("IRONCLAW_AUDIT")
                    .filter(value -> !value.equals("on"))
                    .flatMap(_ -> variables.folder("IRONCLAW_AUDIT"))
                    .orElse(state.resolve("audit")),
                variables.folder("IRONCLAW_AUDIT_KEY").orElse(state.resolve("audit-key"))));
  }

  private static Drivers drivers(Variables variables) {
    return new Drivers(
        variables.choice("IRONCLAW_HYPERVISOR", HYPERVISORS).orElse(Drivers.Wanted.AUTO),
        variables.text("IRONCLAW_QEMU").map(Path::of),
        variables.folder("IRONCLAW_FIRECRACKER"),
        variables
            .xdg("XDG_DATA_HOME")
            .orElseGet(() -> variables.home().resolve(".local").resolve("share"))
            .resolve("ironclaw")
            .resolve("firecracker"));
  }

  private static Optional<Path> configFile(Variables variables) {
    var named = variables.folder("IRONCLAW_CONFIG");
    return named.isPresent()
        ? named
        : variables
            .xdg("XDG_CONFIG_HOME")
            .or(() -> variables.folder("HOME").map(home -> home.resolve(".config")))
            .map(folder -> folder.resolve("ironclaw").resolve("ironclaw.toml"))
            .filter(Files::exists);
  }

  /** The same with another hypervisor. */
  public Settings with(Drivers.Wanted other) {
    return copy(cacheDir, runtimeDir, drivers.with(other), templates, jail, seccomp);
  }

  /** The same with another jail. */
  public Settings with(Jail other) {
    return copy(cacheDir, runtimeDir, drivers, templates, other, seccomp);
  }

  /** The same with another filter. */
  public Settings with(Seccomp other) {
    return copy(cacheDir, runtimeDir, drivers, templates, jail, other);
  }

  /** The same with every VM booting from its kernel. */
  public Settings withoutTemplates() {
    return copy(cacheDir, runtimeDir, drivers, false, jail, seccomp);
  }

  /** The same with the sockets and files of running VMs in another folder. */
  public Settings withRuntimeDir(Path other) {
    return copy(cacheDir, other, drivers, templates, jail, seccomp);
  }

  /** The same with everything that is written in one folder. */
  Settings in(Path folder) {
    return copy(folder, folder, drivers, templates, jail, seccomp);
  }

  /** The same but for what a command line or a trial may ask to be otherwise. */
  private Settings copy(
      Path cache, Path run, Drivers by, boolean cloning, Jail within, Seccomp filter) {
    return new Settings(
        cache,
        run,
        by,
        searchPath,
        cloning,
        acceleration,
        within,
        filter,
        jailUids,
        required,
        resolvers,
        networkSets,
        audit);
  }

  /** What filter a hypervisor has: none without a jail. */
  Seccomp seccompInForce() {
    return jail == Jail.NONE ? Seccomp.NONE : seccomp;
  }

  /** The variables, each checked where it is used. */
  private record Variables(Map<String, String> env) {
    /** What Java puts where a value is no UTF-8: a path with it is another path. */
    private static final char REPLACEMENT = '\ufffd';

    Optional<String> text(String name) {
      var value = Optional.ofNullable(env.get(name)).filter(v -> !v.isEmpty());
      if (value.isPresent() && value.get().indexOf(REPLACEMENT) >= 0) {
        throw new IllegalArgumentException(name + " is no UTF-8 text: set it to another value");
      }
      return value;
    }

    Optional<Path> folder(String name) {
      var folder = text(name).map(Path::of);
      if (folder.isPresent() && !folder.get().isAbsolute()) {
        throw new IllegalArgumentException(
            name + "=" + folder.get() + " is relative: use an absolute path");
      }
      return folder;
    }

    Optional<Path> xdg(String name) {
      return text(name).map(Path::of).filter(Path::isAbsolute);
    }

    Optional<Path> homeIfAny() {
      return folder("HOME")
          .or(() ->
              Optional.ofNullable(System.getProperty("user.home"))
                  .map(Path::of)
                  .filter(Path::isAbsolute));
    }

    Path home() {
      return homeIfAny()
          .orElseThrow(() ->
              new IllegalArgumentException(
                  "this user has no home folder: set HOME or IRONCLAW_CACHE"));
    }

    <T> Optional<T> choice(String name, Map<String, T> values) {
      var given = text(name);
      var chosen = given.flatMap(v -> Optional.ofNullable(values.get(v)));
      if (given.isPresent() && chosen.isEmpty()) {
        throw new IllegalArgumentException(
            name
                + "="
                + given.get()
                + " is not known: use "
                + String.join(" or ", new java.util.TreeSet<>(values.keySet())));
      }
      return chosen;
    }
  }
}
