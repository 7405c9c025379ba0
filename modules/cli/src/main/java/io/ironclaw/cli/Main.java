package io.ironclaw.cli;

import io.ironclaw.sandbox.LocalIronClaw;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.channels.Channels;

/** The {@code ironclaw} command. */
public final class Main {
  private Main() {}

  /** Starts the command line; the process's exit status is the command's. */
  public static void main(String[] args) {
    long started = System.nanoTime();
    var env = LauncherEnvironment.restored(System.getenv());
    // Stdout belongs to a guest's command or a protocol: what a library prints goes to stderr.
    System.setOut(System.err);
    // The bare descriptors: System.in and System.out would buffer, encode and lock. A channel's
    // reads can be interrupted.
    var context =
        new Context(
            env,
            Channels.newInputStream(new FileInputStream(FileDescriptor.in).getChannel()),
            new FileOutputStream(FileDescriptor.out),
            new Messages(
                new FileOutputStream(FileDescriptor.err), "1".equals(env.get("IRONCLAW_VERBOSE"))),
            new HostTerminals(),
            new KernelSignals(),
            settings -> LocalIronClaw.start(settings, args.length > 0 ? args[0] : ""),
            new Timing("1".equals(env.get("IRONCLAW_TIMING")), started),
            Main::halt);
    int status = Commands.run(context, args);
    if (context.timing().wanted()) {
      context.messages().write(context.timing().json() + "\n");
    }
    halt(status);
  }

  /**
   * Ends the process without the JVM's own shutdown: everything that has to be undone is undone by
   * then, no hook is registered, and a thread that is stuck in a read of stdin can't hold it up.
   */
  private static void halt(int status) {
    Runtime.getRuntime().halt(status);
  }
}
