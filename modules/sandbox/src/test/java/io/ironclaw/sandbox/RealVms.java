package io.ironclaw.sandbox;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** Real VMs for tests, from the same cache that a user's VMs come from. */
final class RealVms {
  private RealVms() {}

  static Settings settings() {
    return Settings.fromEnvironment(System.getenv());
  }

  static SandboxSpec spec() {
    return SandboxSpec.fresh();
  }

  /** What a command printed and how it ended. */
  record Result(String stdout, String stderr, ExecOutcome outcome) {}

  static Result run(Sandbox sandbox, String... argv)
      throws IronClawException, InterruptedException {
    return run(sandbox, ExecSpec.of(argv));
  }

  static Result run(Sandbox sandbox, ExecSpec spec) throws IronClawException, InterruptedException {
    try (var execution = sandbox.start(spec)) {
      var out =
          CompletableFuture.supplyAsync(() -> text(execution.stdout()), Thread::startVirtualThread);
      var err =
          CompletableFuture.supplyAsync(() -> text(execution.stderr()), Thread::startVirtualThread);
      var outcome = execution.await();
      return new Result(out.join(), err.join(), outcome);
    }
  }

  static String text(InputStream in) {
    try (in) {
      var bytes = new ByteArrayOutputStream();
      in.transferTo(bytes);
      return bytes.toString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Result sh(Sandbox sandbox, String script) throws IronClawException, InterruptedException {
    return run(sandbox, "/bin/sh", "-c", script);
  }
}
