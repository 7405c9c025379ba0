package io.ironclaw.sandbox;

import io.ironclaw.api.Event;
import io.ironclaw.api.EventSink;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.image.AgentBinary;
import io.ironclaw.image.ImageStore;
import io.ironclaw.network.Networks;
import io.ironclaw.vm.TemplateStore;
import io.ironclaw.vm.VmDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What was removed because nothing can use it any more.
 *
 * @param folders of VMs whose owner is gone
 * @param templates unfinished and broken ones, and whole ones if these were asked for
 * @param files kernels and images that are not current
 * @param bytes what all of them took on disk
 */
public record Cleaning(int folders, int templates, int files, long bytes) {
  /** How many folders of VMs in {@code runtimeDir} have an owner that is gone. */
  public static long leftOver(Path runtimeDir) {
    try (var folders = Files.list(runtimeDir)) {
      return folders.filter(Files::isDirectory).filter(VmDir::isLeftOver).count();
    } catch (IOException _) {
      // There is none yet, or it can't be read: nothing that anybody could clean.
      return 0;
    }
  }

  /**
   * Ends and removes what killed owners have left of their VMs: processes, control groups, folders,
   * and on the host what belongs to their networks.
   *
   * @return of how many VMs
   */
  public static int ofDeadOwners(Settings settings) throws HostException {
    int folders = VmDir.sweep(settings.runtimeDir());
    // Each VM with a network has a folder, too: it is counted once.
    int vms = Math.max(folders, Networks.clearLeftovers(settings.searchPath()));
    if (vms > 0) {
      try (var ironClaw = LocalIronClaw.start(settings, "gc")) {
        ironClaw.events().publish(new Event.OwnersCleared(vms));
      }
    }
    return vms;
  }

  /**
   * Removes it. What a running VM uses stays.
   *
   * @param templatesToo also every template that no VM runs from and that was not used in the last
   *     minute; each is built again when it is needed
   * @param events told if somebody else's work has to be waited for
   */
  public static Cleaning of(Settings settings, boolean templatesToo, EventSink events)
      throws IronClawException, InterruptedException {
    int folders = VmDir.sweep(settings.runtimeDir());
    var templates = TemplateStore.clean(settings.stateDir().resolve("templates"), templatesToo);
    try {
      var images = ImageStore.clean(settings.cacheDir(), AgentBinary.packaged(), events);
      return new Cleaning(
          folders, templates.count(), images.count(), templates.bytes() + images.bytes());
    } catch (IOException e) {
      throw new HostException("IronClaw was built without its guest agent: " + e.getMessage(), e);
    }
  }
}
