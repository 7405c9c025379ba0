package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.VmId;
import io.ironclaw.sandbox.NetworkDesk;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ironclaw net}: the networks of VMs that run. */
@Command(name = "net", description = "Look at the network of a running VM.")
final class NetCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  // Picocli sets it before any call.
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  NetCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    common.apply(context);
    context.messages().say("say what to do: ironclaw net show ID");
    context.messages().write(spec.commandLine().getUsageMessage());
    return ExitStatus.USAGE;
  }

  /** {@code ironclaw net show}. */
  @Command(
      name = "show",
      description = "Show what a VM's network lets pass, what it counted, and what it denied last.",
      footer = {
        "",
        "Rules come with the packets that they have decided about (of what is allowed, one for"
            + " each",
        "connection) and the addresses that their names have led to; denials with the rule to add.",
        "",
        "Examples:",
        "  ironclaw net show vm-x1y2z3",
        "  ironclaw net show vm-x1y2z3 --json"
      })
  static final class Show implements Callable<Integer> {
    private final Context context;

    @Mixin private final Common common = new Common();

    @Option(names = "--json", description = "One line of JSON.")
    private boolean json;

    @Parameters(paramLabel = "ID", description = "The VM's name.")
    private String id = "";

    Show(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() throws HostException {
      common.apply(context);
      var vm = new VmId(id);
      var text =
          NetworkDesk.ask(context.settings(), vm, json)
              .orElseThrow(() ->
                  new HostException(
                      "no VM "
                          + vm
                          + " of this user runs that has a network (one that has was started with"
                          + " --network tap)"));
      context.print(json ? text + "\n" : text);
      return ExitStatus.OK;
    }
  }
}
