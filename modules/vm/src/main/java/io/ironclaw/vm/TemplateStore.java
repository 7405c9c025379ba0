package io.ironclaw.vm;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.TemplateException;
import io.ironclaw.api.VmException;
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
import java.util.Optional;

/**
 * Templates on disk, one folder each, named by a digest of everything that they depend on. A
 * template is built once, under a lock of its own that other processes see, and appears whole or
 * not at all. It is trusted only while its files are exactly those that were written: see {@link
 * TemplateFiles}. The {@link OldTemplates#KEPT} that were used last are kept.
 */
public final class TemplateStore {
  private static final long SPARE_BYTES = 64L << 20;

  /** For another builder; then this VM boots cold. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** How a template is built: into an empty folder, by a machine of this plan. */
  @FunctionalInterface
  interface Recipe {
    void build(LaunchPlan plan, Path folder) throws VmException, HostException;
  }

  private final Path root;
  private final Hypervisor hypervisor;
  private final Recipe recipe;
  private final EventSink events;

  /**
   * @param root the folder of all templates; made with mode 0700
   */
  public TemplateStore(Path root, Hypervisor hypervisor, EventSink events) {
    this(root, hypervisor, new TemplateBuilder(hypervisor), events);
  }

  TemplateStore(Path root, Hypervisor hypervisor, Recipe recipe, EventSink events) {
    this.root = root;
    this.hypervisor = hypervisor;
    this.recipe = recipe;
    this.events = events;
  }

  /**
   * The template for a VM, built now if there is none that can be trusted.
   *
   * @param plan of the VM; its folder and its network device serve to build the template
   */
  public Template obtain(LaunchPlan plan) throws VmException, HostException {
    String key = key(plan.shape(), plan.image(), plan.nic());
    Path dir = root.resolve(key);
    var known = trusted(dir, key);
    if (known.isPresent()) {
      return known.get();
    }
    PrivateDir.ensure(root);
    String purpose = "building the template of %d MiB".formatted(plan.shape().memoryMib());
    try (var _ =
        NamedLock.acquire(OldTemplates.lock(root, key), purpose, PATIENCE, events::waiting)) {
      // Another process may have built it while this one waited for the lock.
      var built = trusted(dir, key);
      if (built.isPresent()) {
        return built.get();
      }
      build(dir, key, plan);
      removeOld(key(MachineShape.DEFAULT, plan.image(), Optional.empty()));
      return trusted(dir, key)
          .orElseThrow(
              () -> new TemplateException("template " + dir + " was changed as it was built"));
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

  private Optional<Template> trusted(Path dir, String key) throws HostException {
    try {
      PrivateDir.check(dir);
      // Before it is looked at: from now on nobody removes it.
      OldTemplates.used(dir);
    } catch (HostException e) {
      if (Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
      return Optional.empty();
    } catch (IOException e) {
      events.publish(new Event.TemplateBroken(key, PrivateDir.reason(e)));
      return Optional.empty();
    }
    // No switch: at the start of every command it would take milliseconds.
    var verified = TemplateFiles.verify(dir, key);
    if (verified instanceof TemplateFiles.Verified.Sound sound) {
      return Optional.of(new Template(dir, key, sound.files()));
    }
    if (verified instanceof TemplateFiles.Verified.Broken broken) {
      events.publish(new Event.TemplateBroken(key, broken.why()));
    }
    return Optional.empty();
  }

  /** Removes what builders that were killed have left. */
  public void clearAbandoned() {
    try {
      new OldTemplates(root).clearAbandoned();
    } catch (IOException e) {
      events.publish(
          new Event.LeftBehind("what a killed build left stays in " + root, PrivateDir.reason(e)));
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
      events.publish(new Event.LeftBehind("old templates stay in " + root, PrivateDir.reason(e)));
    }
  }

  /** Whether a template that was handed out is still there: old ones are removed. */
  public boolean isThere(Template template) {
    return Files.exists(template.memory()) && Files.exists(template.state());
  }

  private void build(Path dir, String key, LaunchPlan plan)
      throws VmException, HostException, IOException {
    var shape = plan.shape();
    long needed = ((long) shape.memoryMib() << 20) + SPARE_BYTES;
    long free = Files.getFileStore(root).getUsableSpace();
    if (free < needed) {
      throw new TemplateException(
          "no disk space for a template in %s: %d MiB free, %d MiB needed; free some or set IRONCLAW_CACHE"
              .formatted(root, free >> 20, needed >> 20));
    }
    events.publish(new Event.TemplateBuilding(shape, hypervisor.name(), hypervisor.acceleration()));
    PrivateDir.deleteTree(dir);
    Path building = root.resolve(key + ".building");
    PrivateDir.deleteTree(building);
    PrivateDir.create(building);
    try {
      recipe.build(plan.as(MachineId.random()), building);
      TemplateFiles.write(building, key);
      Files.move(building, dir, StandardCopyOption.ATOMIC_MOVE);
      events.publish(new Event.TemplateReady(shape));
    } finally {
      PrivateDir.deleteTree(building);
    }
  }

  private String key(MachineShape shape, BootImage image, Optional<Nic> nic) {
    var parts =
        String.join(
            "\n",
            "ironclaw template 2",
            hypervisor.templateIdentity(),
            hypervisor.acceleration().toString(),
            image.kernelFile().sha256().hex(),
            image.initramfsFile().sha256().hex(),
            image.rootfsFile().sha256().hex(),
            image.type().toString(),
            "vcpus " + shape.vcpus(),
            "memory " + shape.memoryMib(),
            // Which tap it is on is not in the template; what the guest knows of it is.
            "network " + nic.map(Nic::identity).orElse("none"));
    return Digest.of(parts.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }
}
