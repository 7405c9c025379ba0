package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.IsolationProof;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmId;
import io.ironclaw.sandbox.ProofArchive;
import io.ironclaw.sandbox.ProofDesk;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ironclaw proof}: what isolates a VM, with the evidence. */
@Command(
    name = "proof",
    description = "Show what isolates a VM, and what was read of it as evidence.",
    footer = {
      "",
      "Of a VM that runs, all that the host can know is read again now: what does not hold any"
          + " more",
      "ends the VM. Of one that is gone it is the last proof; those of the newest 64 VMs are kept.",
      "--json prints the document itself; without the line's end, its SHA-256 is the one of"
          + " events.",
      "",
      "Examples:",
      "  ironclaw proof --last",
      "  ironclaw proof --last --json",
      "  ironclaw proof vm-x1y2z3"
    })
final class ProofCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(names = "--last", description = "Of the VM that was started last.")
  private boolean last;

  @Option(names = "--json", description = "The document: one line of canonical JSON.")
  private boolean json;

  @Parameters(arity = "0..1", paramLabel = "ID", description = "The VM's name.")
  private @Nullable String id;

  ProofCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException {
    common.apply(context);
    String named = id;
    if (last == (named != null)) {
      throw new IllegalArgumentException("name a VM, or take the last with --last");
    }
    var proof = named != null ? of(new VmId(named)) : ofLast();
    context.print(json ? proof.json() + "\n" : ProofText.of(proof, context.messages().verbose()));
    return proof.verdict() == Verdict.PROVEN ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private IsolationProof ofLast() throws HostException {
    var filed =
        ProofArchive.of(context.settings())
            .last()
            .orElseThrow(
                () -> new HostException("there is no proof yet: no VM was started by this user"));
    return running(filed.vm()).orElse(filed);
  }

  private IsolationProof of(VmId vm) throws HostException {
    var running = running(vm);
    if (running.isPresent()) {
      return running.get();
    }
    return ProofArchive.of(context.settings())
        .of(vm)
        .orElseThrow(() ->
            new HostException(
                "no VM "
                    + vm
                    + " of this user runs, and there is no proof of one; take the last"
                    + " with --last"));
  }

  private Optional<IsolationProof> running(VmId vm) throws HostException {
    return ProofDesk.ask(context.settings(), vm);
  }
}
