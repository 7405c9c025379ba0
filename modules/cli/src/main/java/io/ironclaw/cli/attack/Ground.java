package io.ironclaw.cli.attack;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.sandbox.LocalIronClaw;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Where attacks take place: VMs of the user's own images and templates, with a run folder that is
 * not the user's. Two VMs at once, and one more now and then: below 1 GiB.
 */
final class Ground implements AutoCloseable {
  private static final int MOST_OUTPUT = 16_384;

  private final SecureRandom random = new SecureRandom();
  private final Path folder;
  private final Settings settings;
  private final IronClaw ironClaw;
  private Optional<Sandbox> attacker = Optional.empty();
  private Optional<Sandbox> neighbour = Optional.empty();

  private Ground(Path folder, Settings settings) {
    this.folder = folder;
    this.settings = settings;
    this.ironClaw = LocalIronClaw.start(settings);
  }

  static Ground on(Settings users) throws HostException {
    try {
      Path folder = Files.createTempDirectory("ironclaw-attack");
      return new Ground(folder, users.withRuntimeDir(folder.resolve("run")));
    } catch (IOException e) {
      throw new HostException(
          "no place for attacks in the temporary folder: " + PrivateDir.reason(e), e);
    }
  }

  /** A folder of this run's, private. */
  Path folder() {
    return folder;
  }

  Settings settings() {
    return settings;
  }

  /** The VM that attacks come from. */
  synchronized Sandbox attacker() throws IronClawException {
    if (attacker.isEmpty() || !attacker.get().isOpen()) {
      attacker.ifPresent(Sandbox::close);
      attacker = Optional.of(ironClaw.open());
    }
    return attacker.get();
  }

  /** A VM that must not notice. */
  synchronized Sandbox neighbour() throws IronClawException {
    if (neighbour.isEmpty() || !neighbour.get().isOpen()) {
      neighbour = Optional.of(ironClaw.open());
    }
    return neighbour.get();
  }

  /** One more VM, for the caller to close. */
  Sandbox open(SandboxSpec spec) throws IronClawException {
    return ironClaw.open(spec);
  }

  /** What nobody can guess. */
  String secret() {
    var bytes = new byte[12];
    random.nextBytes(bytes);
    return "secret-" + HexFormat.of().formatHex(bytes);
  }

  /**
   * What a command said.
   *
   * @param text the begin of its stdout and stderr
   */
  record Said(String text, ExecOutcome outcome) {}

  /** A shell script as root of a guest whose commands have no filter. */
  Said sh(Sandbox sandbox, Duration limit, String script)
      throws IronClawException, InterruptedException {
    return run(
        sandbox,
        ExecSpec.of("/bin/sh", "-c", "exec 2>&1\n" + script)
            .withTimeout(limit)
            .withSeccomp(GuestSeccomp.OFF));
  }

  Said run(Sandbox sandbox, ExecSpec spec) throws IronClawException, InterruptedException {
    try (var execution = sandbox.start(spec)) {
      var rest =
          CompletableFuture.supplyAsync(
              () -> begin(execution.stderr()), Thread::startVirtualThread);
      String text = begin(execution.stdout());
      return new Said(text + rest.join(), execution.await());
    }
  }

  /** The VM died or was closed: await() says so. */
  private static String begin(InputStream from) {
    try (from) {
      String text = new String(from.readNBytes(MOST_OUTPUT), StandardCharsets.UTF_8);
      from.transferTo(OutputStream.nullOutputStream());
      return text;
    } catch (IOException _) {
      return "";
    }
  }

  /** Whether the neighbour still answers, soon. */
  boolean neighbourAnswers() throws IronClawException, InterruptedException {
    return sh(neighbour(), Duration.ofSeconds(10), "echo here").text().equals("here\n");
  }

  /** Evidence without the names of this run's folders. */
  String shown(String evidence) {
    return evidence.replace(folder.toString(), "RUN");
  }

  @Override
  public void close() {
    ironClaw.close();
    try {
      PrivateDir.deleteTree(folder);
    } catch (IOException _) {
      // Temporary, and empty but for what an attack has left.
    }
  }
}
