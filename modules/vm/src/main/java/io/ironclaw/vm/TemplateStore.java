package io.ironclaw.vm;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Progress;
import io.ironclaw.api.TemplateException;
import io.ironclaw.api.VmConfig;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmId;
import io.ironclaw.host.NamedLock;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.host.Removed;
import io.ironclaw.image.BootImage;
import io.ironclaw.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/**
 * Templates on disk, one folder each, named by a digest of everything that they depend on. A
 * template is built once, under a lock of its own that other processes see, and appears whole or
 * not at all. It is trusted only while its files are exactly those that were written: see {@link
 * Manifest}. The {@link OldTemplates#KEPT} that were used last are kept.
 */
public final class TemplateStore {
  private static final long SPARE_BYTES = 64L << 20;

  /** For another builder; then this VM boots cold. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path root;
  private final Hypervisor hypervisor;
  private final Progress progress;

  /**
   * @param root the folder of all templates; made with mode 0700
   */
  public TemplateStore(Path root, Hypervisor hypervisor, Progress progress) {
    this.root = root;
    this.hypervisor = hypervisor;
    this.progress = progress;
  }

  /**
   * The template for a VM, built now if there is none that can be trusted.
   *
   * @param scratch an empty private folder for sockets while it is built
   */
  public Template obtain(VmConfig config, BootImage image, Path scratch)
      throws VmException, HostException {
    String key = key(config, image);
    Path dir = root.resolve(key);
    if (trusted(dir, key)) {
      return new Template(dir, key);
    }
    PrivateDir.ensure(root);
    String purpose = "building the template of %d MiB".formatted(config.memoryMib());
    try (var _ =
        NamedLock.acquire(OldTemplates.lock(root, key), purpose, PATIENCE, progress::line)) {
      // Another process may have built it while this one waited for the lock.
      if (!trusted(dir, key)) {
        build(dir, key, config, image, scratch);
        removeOld(key(VmConfig.DEFAULT, image));
      }
      return new Template(dir, key);
    } catch (IOException e) {
      throw new TemplateException(
          "can't write template " + dir + ": " + PrivateDir.reason(e) + "; check space and rights",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TemplateException("interrupted while waiting for template " + key, e);
    }
  }

  /**
   * Puts a template aside that can't be restored: the next VM builds it again. Kept for an hour,
   * for whoever wants to know why.
   */
  public void putAside(Template template) throws HostException {
    try (var lock =
        NamedLock.tryAcquire(OldTemplates.lock(root, template.key()), "putting a template aside")
            .orElse(null)) {
      if (lock == null) {
        // Somebody builds it anew already.
        return;
      }
      Path broken = root.resolve(template.key() + ".broken");
      PrivateDir.deleteTree(broken);
      Files.move(template.dir(), broken, StandardCopyOption.ATOMIC_MOVE);
      OldTemplates.used(broken);
    } catch (NoSuchFileException _) {
      // Another process did so.
    } catch (IOException e) {
      throw new HostException(
          "can't put template "
              + template.dir()
              + " aside: "
              + PrivateDir.reason(e)
              + "; delete it",
          e);
    }
  }

  private boolean trusted(Path dir, String key) throws HostException {
    try {
      PrivateDir.check(dir);
      // Before it is looked at: from now on nobody removes it.
      OldTemplates.used(dir);
    } catch (HostException e) {
      if (Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
      return false;
    } catch (IOException e) {
      progress.line("template " + key + " can't be used: " + PrivateDir.reason(e));
      return false;
    }
    var broken = Manifest.verify(dir, key);
    broken.ifPresent(why -> progress.line("template " + key + " is broken: " + why));
    return broken.isEmpty();
  }

  /** Removes what builders that were killed have left. */
  public void clearAbandoned() {
    try {
      new OldTemplates(root).clearAbandoned();
    } catch (IOException e) {
      progress.line("what a killed build left stays in " + root + ": " + PrivateDir.reason(e));
    }
  }

  /**
   * Removes what killed builds have left, broken templates and, if asked for, whole ones that no VM
   * runs from.
   */
  public static Removed clean(Path root, boolean templatesToo) throws HostException {
    try {
      return new OldTemplates(root).clean(templatesToo);
    } catch (IOException e) {
      throw new HostException("can't clean " + root + ": " + PrivateDir.reason(e), e);
    }
  }

  private void removeOld(String always) {
    try {
      new OldTemplates(root).prune(always);
    } catch (IOException e) {
      // The new template stands; the next build tries again.
      progress.line("old templates stay in " + root + ": " + PrivateDir.reason(e));
    }
  }

  /** Whether a template that was handed out is still there: old ones are removed. */
  public boolean isThere(Template template) {
    return Files.exists(template.memory()) && Files.exists(template.state());
  }

  private void build(Path dir, String key, VmConfig config, BootImage image, Path scratch)
      throws VmException, HostException, IOException {
    long needed = ((long) config.memoryMib() << 20) + SPARE_BYTES;
    long free = Files.getFileStore(root).getUsableSpace();
    if (free < needed) {
      throw new TemplateException(
          "no disk space for a template in %s: %d MiB free, %d MiB needed; free some or set IRONCLAW_CACHE"
              .formatted(root, free >> 20, needed >> 20));
    }
    progress.line(
        "building the template for %d vCPU, %d MiB (%s, %s): once"
            .formatted(
                config.vcpus(), config.memoryMib(), hypervisor.name(), hypervisor.acceleration()));
    PrivateDir.deleteTree(dir);
    Path building = root.resolve(key + ".building");
    PrivateDir.deleteTree(building);
    PrivateDir.create(building);
    try {
      hypervisor.buildTemplate(VmId.random(), scratch, config, image, building);
      Manifest.write(building, key);
      Files.move(building, dir, StandardCopyOption.ATOMIC_MOVE);
      progress.line("template ready");
    } finally {
      PrivateDir.deleteTree(building);
    }
  }

  private String key(VmConfig config, BootImage image) {
    var parts =
        String.join(
            "\n",
            "ironclaw template 1",
            hypervisor.templateIdentity(),
            hypervisor.acceleration().toString(),
            image.kernelSha256().hex(),
            image.initramfsSha256().hex(),
            image.rootfsSha256().hex(),
            image.type().toString(),
            "vcpus " + config.vcpus(),
            "memory " + config.memoryMib());
    return Digest.of(parts.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }
}
