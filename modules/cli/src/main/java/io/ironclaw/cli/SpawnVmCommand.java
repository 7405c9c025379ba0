package io.ironclaw.cli;

import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Limits;
import io.ironclaw.api.Sandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw spawn-vm}: a VM that just is there. */
@Command(
    name = "spawn-vm",
    description = "Start a micro-VM, say how that went, and hold it until Ctrl-C or SIGTERM.",
    footer = {
      "",
      "Examples:",
      "  ironclaw spawn-vm",
      "  ironclaw spawn-vm --id agent-7 --memory 512m --json"
    })
final class SpawnVmCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final VmOptions vm = new VmOptions();
  @Mixin private final Common common = new Common();

  @Option(names = "--json", description = "JSON: an object when it is ready, one when it is gone.")
  private boolean json;

  SpawnVmCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    vm.refuseTimeout("spawn-vm runs no command");
    var spec = vm.spec(context.settings(), Limits.DEFAULT.time());
    var asked = new CountDownLatch(1);
    long ready;
    long ending;
    try (var foreground = new Foreground(context, vm.settings(context))) {
      try {
        var sandbox = foreground.open(spec);
        foreground.onSignal(signal -> {
          boolean ends = signal != ExitStatus.SIGTSTP && signal != ExitStatus.SIGCONT;
          if (ends) {
            asked.countDown();
          }
          return ends;
        });
        ready = System.nanoTime();
        sayReady(sandbox);
        asked.await();
        ending = System.nanoTime();
      } catch (IronClawException | InterruptedException e) {
        if (foreground.endedBy() != 0) {
          return ExitStatus.ofSignal(foreground.endedBy());
        }
        throw e;
      }
    }
    sayGone(
        spec.id().value(),
        Duration.ofNanos(ending - ready),
        Duration.ofNanos(System.nanoTime() - ending));
    return ExitStatus.OK;
  }

  private void sayReady(Sandbox sandbox) throws IronClawException {
    var spawn = sandbox.spawn();
    if (json) {
      Json.print(context.stdout(), object -> Json.spawn(object, spawn));
    } else {
      print(SpawnText.summary(spawn) + "\n" + SpawnText.phases(spawn) + "Ctrl-C ends it.\n");
    }
  }

  private void sayGone(String id, Duration held, Duration took) throws IronClawException {
    if (json) {
      Json.print(
          context.stdout(),
          object -> {
            object.writeStringProperty("id", id);
            object.writeBooleanProperty("closed", true);
            Json.millis(object, "held_ms", held);
            Json.millis(object, "close_ms", took);
          });
    } else {
      print(
          "VM "
              + id
              + " is gone after "
              + SpawnText.time(held)
              + "; closing it took "
              + SpawnText.time(took)
              + "\n");
    }
  }

  private void print(String text) {
    try {
      context.stdout().write(text.getBytes(StandardCharsets.UTF_8));
      context.stdout().flush();
    } catch (IOException _) {
      // Nobody reads: the VM is held all the same.
    }
  }
}
