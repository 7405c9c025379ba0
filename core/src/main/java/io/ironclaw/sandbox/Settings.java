package io.ironclaw.sandbox;

import io.ironclaw.image.Progress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where IronClaw keeps its things and what it uses.
 *
 * @param cacheDir kernels, images and templates; may be deleted at any time
 * @param runtimeDir sockets and files of running VMs, mode 0700
 * @param qemu the hypervisor's program; empty = found on PATH
 * @param searchPath where programs are searched, as in PATH
 * @param templates whether VMs are cloned from templates; off = every VM boots cold
 * @param emulationOnly never try KVM
 * @param progress told what takes long
 */
public record Settings(
    Path cacheDir,
    Path runtimeDir,
    Optional<Path> qemu,
    String searchPath,
    boolean templates,
    boolean emulationOnly,
    Progress progress) {

  /**
   * From the environment: {@code IRONCLAW_CACHE}, else {@code XDG_CACHE_HOME/ironclaw}, else {@code
   * HOME/.cache/ironclaw}; {@code XDG_RUNTIME_DIR/ironclaw}, else {@code run} in the cache folder;
   * {@code IRONCLAW_QEMU}; {@code IRONCLAW_TEMPLATES=off}; {@code IRONCLAW_ACCEL=emulated}.
   */
  public static Settings fromEnvironment(Map<String, String> env, Progress progress) {
    Path cache =
        variable(env, "IRONCLAW_CACHE")
            .map(Path::of)
            .or(() -> variable(env, "XDG_CACHE_HOME").map(d -> Path.of(d, "ironclaw")))
            .orElseGet(
                () -> Path.of(variable(env, "HOME").orElse("/var/cache"), ".cache", "ironclaw"));
    Path runtime =
        variable(env, "XDG_RUNTIME_DIR")
            .map(d -> Path.of(d, "ironclaw"))
            .orElseGet(() -> cache.resolve("run"));
    return new Settings(
        cache.toAbsolutePath(),
        runtime.toAbsolutePath(),
        variable(env, "IRONCLAW_QEMU").map(Path::of),
        variable(env, "PATH").orElse("/usr/sbin:/usr/bin:/sbin:/bin"),
        !"off".equals(env.get("IRONCLAW_TEMPLATES")),
        "emulated".equals(env.get("IRONCLAW_ACCEL")),
        progress);
  }

  private static Optional<String> variable(Map<String, String> env, String name) {
    return Optional.ofNullable(env.get(name)).filter(v -> !v.isEmpty());
  }
}
