package io.ironclaw.vm;

import io.ironclaw.api.GuestException;
import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.HostException;
import io.ironclaw.api.TemplateException;
import io.ironclaw.api.VmException;
import io.ironclaw.api.VmStartException;
import io.ironclaw.guest.ExecRequest;
import io.ironclaw.guest.Renewal;
import io.ironclaw.image.BootImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;

/** The recipe of a template: a machine boots, runs what warms it up, and is saved. */
final class TemplateBuilder implements TemplateStore.Recipe {
  private static final int TRIES = 3;
  private static final int WARM_UP_RUNS = 2;
  private static final long WARM_UP_MILLIS = 30_000;

  private final Hypervisor hypervisor;

  TemplateBuilder(Hypervisor hypervisor) {
    this.hypervisor = hypervisor;
  }

  /** Builds {@link Template#MEMORY_FILE} and {@link Template#STATE_FILE}. */
  @Override
  public void build(LaunchPlan plan, Path folder) throws VmException, HostException {
    for (int attempt = 1; ; attempt++) {
      try {
        buildOnce(plan, folder);
        return;
      } catch (VmStartException e) {
        // An emulated boot can hang in the kernel's timer calibration: a new try is the cure.
        if (attempt == TRIES || !e.isHang()) {
          throw e;
        }
      }
    }
  }

  private void buildOnce(LaunchPlan plan, Path folder) throws VmException, HostException {
    Path memory = folder.resolve(Template.MEMORY_FILE);
    try {
      Files.deleteIfExists(memory);
    } catch (IOException e) {
      throw new TemplateException("can't clear " + memory + ": " + e, e);
    }
    var machine = Boots.boot(hypervisor, plan.savedTo(memory), new PhaseClock());
    try (machine) {
      machine
          .agent()
          .renew(
              Renewal.fresh("template", 0, new SecureRandom()),
              Boots.deadline(hypervisor.acceleration()));
      if (plan.nic().isPresent()) {
        machine
            .agent()
            .setUpNetwork(plan.nic().get().guest(), Boots.deadline(hypervisor.acceleration()));
      }
      warmUp(machine, plan.image());
      hypervisor.save(machine, folder.resolve(Template.STATE_FILE));
    } catch (IOException | GuestException | VmStartException e) {
      throw machine.failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw machine.failed(e);
    }
  }

  /** Runs what a first command runs, so that a clone finds it in memory already. */
  private static void warmUp(Machine machine, BootImage image)
      throws GuestException, InterruptedException, IOException {
    for (int i = 0; i < WARM_UP_RUNS; i++) {
      for (var argv : image.config().warmUp()) {
        run(machine, argv);
      }
    }
  }

  private static void run(Machine machine, List<String> argv)
      throws GuestException, InterruptedException, IOException {
    try {
      var command =
          machine
              .agent()
              .exec(
                  new ExecRequest(
                      argv,
                      List.of(),
                      "/",
                      0,
                      0,
                      WARM_UP_MILLIS,
                      false,
                      Optional.empty(),
                      Optional.empty()));
      command.stdout().transferTo(OutputStream.nullOutputStream());
      command.await();
    } catch (GuestRefusedException _) {
      // An image without this program: nothing of it can be warmed up.
    }
  }
}
