package io.ironclaw.sandbox;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Network;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.jail.HostGroups;
import io.ironclaw.network.Networks;
import io.ironclaw.vm.firecracker.FirecrackerRelease;
import io.ironclaw.vm.qemu.JailTrial;
import io.ironclaw.vm.qemu.QemuProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What this host can do around a hypervisor, found out by doing it, in a temporary folder that is
 * removed: nothing of the user's is written.
 */
public record HostTrial(Settings settings) {
  /** What is tried. */
  @FunctionalInterface
  private interface Trial<T> {
    T in(Path folder) throws IronClawException;
  }

  /**
   * Makes a jail and removes it.
   *
   * @throws IronClawException with the reason, if that can't be
   */
  public void jail() throws IronClawException {
    boolean _ =
        tried(folder -> {
          var there = settings.in(folder);
          var program = QemuProgram.find(there.drivers().qemu(), there.searchPath(), folder);
          try (var launcher = new Hypervisors(there).launcher()) {
            JailTrial.run(program, there.seccompInForce(), launcher, folder, folder);
          }
          return true;
        });
  }

  /**
   * Whether VMs would run on Firecracker.
   *
   * @param why in words
   */
  public record Firecracker(boolean usable, String why) {}

  /** Looks for Firecracker; a guest is not booted. */
  public Firecracker firecracker() {
    var found = new FirecrackerChoice(settings).look();
    return found
        .program()
        .map(program ->
            new Firecracker(
                true, program.name() + " at " + program.path() + ", if it boots a guest"))
        .orElseGet(() -> new Firecracker(false, found.objection()));
  }

  /**
   * Puts a release of Firecracker's in place.
   *
   * @param sha256 of the archive; empty = one that is known
   * @return what was installed, and where, in words
   * @throws IronClawException with the reason, if it can't be; nothing was changed then
   */
  public String installFirecracker(Path archive, Optional<String> sha256) throws IronClawException {
    var program = new FirecrackerRelease(archive).install(sha256, settings.drivers().installed());
    return program.name() + " in " + program.path().getParent();
  }

  /** Makes control groups and removes them; why an item can't be had, by its name. */
  public Map<String, String> groupsThatCanNotBeHad() throws IronClawException {
    return tried(HostGroups::absent);
  }

  private static <T> T tried(Trial<T> trial) throws IronClawException {
    try {
      Path folder = Files.createTempDirectory("ironclaw-trial");
      try {
        return trial.in(folder);
      } finally {
        PrivateDir.deleteTree(folder);
      }
    } catch (IOException e) {
      throw new HostException(
          "nothing can be tried in a temporary folder: " + PrivateDir.reason(e), e);
    }
  }

  /**
   * Makes the network of a VM, and takes it down.
   *
   * @throws HostException if there can be none, with what to do
   */
  public void network() throws HostException {
    try (var networks = Networks.ofThisHost(settings.searchPath(), settings.resolvers(), 0);
        var _ = networks.make(Network.Tap.CLOSED)) {
      // What matters is that it could be made: it reads itself back.
    }
  }
}
