package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ironclaw} with no command: help and the version. */
@Command(
    name = Commands.NAME,
    description = "Runs commands, and the tools of AI agents, in micro-VMs of their own.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  ironclaw doctor",
      "  ironclaw exec -- uname -a",
      "  ironclaw shell",
      "  ironclaw mcp stdio",
      "",
      "Environment:",
      "  IRONCLAW_CACHE=DIR            images and templates (~/.cache/ironclaw)",
      "  IRONCLAW_HYPERVISOR=NAME      as of --hypervisor (auto)",
      "  IRONCLAW_QEMU=FILE            QEMU (qemu-system-x86_64 on PATH)",
      "  IRONCLAW_FIRECRACKER=FILE     Firecracker, its jailer beside it (installed, else on PATH)",
      "  IRONCLAW_ACCEL=kvm|emulated   kvm: KVM or no VM (KVM where it works, else emulated)",
      "  IRONCLAW_JAIL=bubblewrap|none none: a hypervisor with your rights (bubblewrap)",
      "  IRONCLAW_SECCOMP=LEVEL        minimal, basic, permissive; learning: only notes (basic)",
      "  IRONCLAW_JAIL_UIDS=FIRST-LAST what root's hypervisors run as (1900000000-1900004095)",
      "  IRONCLAW_DNS=ADDRESS[:PORT]   who is asked for the names that VMs may reach (resolv.conf)",
      "  IRONCLAW_AUDIT=on|off|DIR     the log of what happened (~/.local/state/ironclaw/audit)",
      "  IRONCLAW_AUDIT_KEY=DIR        of the key that signs it"
          + " (~/.local/state/ironclaw/audit-key)",
      "  IRONCLAW_TEMPLATES=on|off     off: every VM boots from its kernel (on)",
      "  IRONCLAW_VERBOSE=1            as of --verbose",
      "  IRONCLAW_TIMING=1             where the time went, as JSON on stderr"
    })
final class RootCommand implements Callable<Integer> {
  private final Context context;

  @Option(
      names = {"-V", "--version"},
      description = "Print the version.")
  private boolean version;

  @SuppressWarnings("UnusedVariable") // picocli's to read
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  // Picocli sets it before any call.
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  RootCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws HostException {
    if (version) {
      printVersion(context);
      return ExitStatus.OK;
    }
    context.messages().write(spec.commandLine().getUsageMessage());
    return ExitStatus.USAGE;
  }

  static void printVersion(Context context) throws HostException {
    try {
      context
          .stdout()
          .write(
              (Commands.NAME + " " + Commands.version() + "\n").getBytes(StandardCharsets.UTF_8));
      context.stdout().flush();
    } catch (IOException e) {
      throw new HostException("the version can't be written to stdout: " + e.getMessage(), e);
    }
  }
}
