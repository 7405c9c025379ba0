package io.ironclaw.sandbox;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Limits;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Printable;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.image.BootImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;

/** A VM in which a program of an image that is being built runs once. */
record BuildMachine(BootImage image, Opener opener) {
  private static final int MEMORY_MIB = 512;
  private static final int DISK_MIB = 64;
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int MOST_ERRORS = 4_096;

  /** Boots a VM of an image. */
  @FunctionalInterface
  interface Opener {
    Sandbox open(SandboxSpec spec, BootImage image) throws IronClawException;
  }

  void run(List<String> argv, OutputStream stdout)
      throws IronClawException, IOException, InterruptedException {
    var spec =
        SandboxSpec.fresh()
            .withShape(MachineShape.DEFAULT.withMemoryMib(MEMORY_MIB))
            .withLimits(Limits.DEFAULT.withTime(LIMIT).withScratchMib(DISK_MIB));
    try (var sandbox = opener.open(spec, image);
        var execution = sandbox.start(ExecSpec.of(argv))) {
      var errors =
          new FutureTask<>(() -> {
            byte[] first = execution.stderr().readNBytes(MOST_ERRORS);
            execution.stderr().transferTo(OutputStream.nullOutputStream());
            return new String(first, StandardCharsets.UTF_8);
          });
      Thread.ofVirtual().start(errors);
      execution.stdout().transferTo(stdout);
      var outcome = execution.await();
      if (outcome.shellStatus() != 0) {
        throw new HostException(
            argv.getFirst()
                + " in the guest ended with status "
                + outcome.shellStatus()
                + ": "
                + told(errors));
      }
    }
  }

  private static String told(FutureTask<String> errors) throws InterruptedException {
    try {
      return Printable.line(errors.get());
    } catch (java.util.concurrent.ExecutionException e) {
      return "its stderr can't be read: " + e.getCause();
    }
  }
}
