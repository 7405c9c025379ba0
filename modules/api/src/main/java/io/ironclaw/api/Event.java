package io.ironclaw.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Something that happened, for whoever watches. */
public sealed interface Event {
  /** The event in words: one line for a person, without text of a guest. */
  String text();

  /**
   * What whoever waits should know: a step that takes long, or one that did not go as it should.
   */
  sealed interface Notice extends Event {}

  /** A step of making an image, or of what it needs. */
  record Preparing(String text) implements Notice {}

  /** Somebody else's work is waited for. */
  record Waiting(String text) implements Notice {}

  /** A template is built, once for this shape, image and hypervisor. */
  record TemplateBuilding(MachineShape shape, String hypervisor, Acceleration acceleration)
      implements Notice {
    @Override
    public String text() {
      return "building the template for %d vCPU, %d MiB (%s, %s): once"
          .formatted(shape.vcpus(), shape.memoryMib(), hypervisor, acceleration);
    }
  }

  /** It is there. */
  record TemplateReady(MachineShape shape) implements Notice {
    @Override
    public String text() {
      return "template ready";
    }
  }

  /** A template that was there is not what was built, and is built again. */
  record TemplateBroken(String key, String why) implements Notice {
    @Override
    public String text() {
      return "template " + key + " is broken: " + why;
    }
  }

  /** A template that can't be restored was put aside; the next VM builds it again. */
  record TemplatePutAside(String key, String why) implements Notice {
    @Override
    public String text() {
      return "the template can't be restored, it is put aside and built again for the next VM;"
          + " booting cold: "
          + why;
    }
  }

  /** A VM boots from its kernel, as no template can be had: slower, and as safe. */
  record BootingCold(String why) implements Notice {
    @Override
    public String text() {
      return "no template, booting cold: " + why;
    }
  }

  /** A start failed in a way that another try can mend. */
  record Retrying(String text) implements Notice {}

  /** Something could not be removed. */
  record LeftBehind(String what, String why) implements Notice {
    @Override
    public String text() {
      return what + ": " + why;
    }
  }

  /** A sandbox is open. */
  record SandboxOpened(SpawnReport spawn) implements Event {
    @Override
    public String text() {
      return "VM " + spawn.id() + " is open";
    }
  }

  /** A command's filter has refused something to it. */
  record CommandRefused(VmId id, List<ExecOutcome.Refused> refused, boolean more) implements Event {
    public CommandRefused {
      refused = List.copyOf(refused);
    }

    @Override
    public String text() {
      return "a command in VM " + id + " was refused " + ExecOutcome.Refused.text(refused, more);
    }
  }

  /**
   * What isolates a VM was read, and is proven.
   *
   * @param sha256 of the document's canonical bytes
   */
  record Proven(VmId id, IsolationProof.Occasion occasion, String sha256, int proven, int absent)
      implements Event {
    @Override
    public String text() {
      return "VM %s: %d items proven, %d absent at its %s, sha256 %s"
          .formatted(id, proven, absent, occasion.text(), sha256);
    }
  }

  /** What isolated a VM when it was handed out does so no more, and it was ended. */
  record IsolationLost(VmId id, ProofItem item, String evidence) implements Notice {
    @Override
    public String text() {
      return "VM %s was ended: %s is not proven any more: %s".formatted(id, item, evidence);
    }
  }

  /** A guest was denied something of the network, for the first time. */
  record NetworkDenied(VmId id, NetworkDenial denial) implements Notice {
    @Override
    public String text() {
      return "VM %s was denied %s%s".formatted(id, denial.what(), denial.fix());
    }
  }

  /** A sandbox is closed, and its VM gone. */
  record SandboxClosed(VmId id) implements Event {
    @Override
    public String text() {
      return "VM " + id + " is closed";
    }
  }

  /** A tool was called. */
  record ToolCalled(String tool, VmId sandbox) implements Event {
    @Override
    public String text() {
      return tool + " in VM " + sandbox;
    }
  }

  /**
   * A call of a tool has ended.
   *
   * @param failure why it gave no result, if so
   */
  record ToolEnded(String tool, VmId sandbox, Duration took, Optional<String> failure)
      implements Event {
    @Override
    public String text() {
      return "%s in VM %s: %s after %d ms"
          .formatted(tool, sandbox, failure.orElse("done"), took.toMillis());
    }
  }

  /**
   * A process of IronClaw began to work.
   *
   * @param how it is used, such as {@code exec} or {@code library}
   * @param uid of the user that it runs as
   * @param parent the process that started it, by its id and name
   */
  record ProcessBegan(String how, long uid, String parent) implements Event {
    @Override
    public String text() {
      return "%s, user %d, started by %s".formatted(how, uid, parent);
    }
  }

  /** A client of a protocol has said who it is; nothing proves it. */
  record ClientNamed(String name, String version) implements Event {
    @Override
    public String text() {
      return "the client calls itself " + name + " " + version;
    }
  }

  /**
   * No VM was handed out, as something that must hold does not.
   *
   * @param item of its isolation, if it is one
   */
  record VmRefused(VmId id, Optional<ProofItem> item, String why) implements Event {
    @Override
    public String text() {
      return "VM " + id + " is refused: " + why;
    }
  }

  /** A VM has ended that nobody had closed. */
  record VmDied(VmId id, String why) implements Event {
    @Override
    public String text() {
      return "VM " + id + " died: " + why;
    }
  }

  /**
   * A hypervisor has tried a system call that its filter does not let it make.
   *
   * @param call its name, as far as it is known
   * @param thread that made it
   * @param action what the kernel did
   */
  record HypervisorViolation(VmId id, String call, String thread, String action) implements Event {
    @Override
    public String text() {
      return "the hypervisor of VM %s called %s in thread %s: %s"
          .formatted(id, call, thread, action);
    }
  }

  /**
   * A command began. Secrets in it are masked.
   *
   * @param number of the command in its VM
   * @param env the names of its variables
   * @param secret which of them have values that are secret
   */
  record ExecBegan(
      VmId id,
      long number,
      List<String> argv,
      Optional<String> cwd,
      int uid,
      Set<String> env,
      Set<String> secret,
      boolean terminal,
      GuestSeccomp seccomp)
      implements Event {
    public ExecBegan {
      argv = List.copyOf(argv);
      env = Set.copyOf(env);
      secret = Set.copyOf(secret);
    }

    @Override
    public String text() {
      return "command %d in VM %s".formatted(number, id);
    }
  }

  /**
   * A command ended, or was given up.
   *
   * @param outcome empty = there is none, and {@code failure} says why
   * @param in bytes that it was given
   * @param out bytes of its stdout that were read
   * @param err bytes of its stderr that were read
   */
  record ExecEnded(
      VmId id,
      long number,
      Optional<ExecOutcome> outcome,
      Optional<String> failure,
      long in,
      long out,
      long err,
      Duration took)
      implements Event {
    @Override
    public String text() {
      return "command %d in VM %s ended: %s"
          .formatted(
              number,
              id,
              outcome
                  .map(o -> "status " + o.shellStatus())
                  .or(() -> failure)
                  .orElse("nobody waited for it"));
    }
  }

  /**
   * A file, or a part of one, was copied.
   *
   * @param into the guest, else out of it
   * @param path in the guest; secrets in it are masked
   * @param bytes that were copied
   * @param sha256 of these
   * @param failure why it is not all that was asked for, if so
   */
  record FileCopied(
      VmId id, boolean into, String path, long bytes, String sha256, Optional<String> failure)
      implements Event {
    @Override
    public String text() {
      return "%d bytes %s %s of VM %s%s"
          .formatted(
              bytes, into ? "into" : "out of", path, id, failure.map(f -> ": " + f).orElse(""));
    }
  }

  /** A bound has ended something, or kept it from being done. */
  record LimitHit(VmId id, String limit, String what, String fix) implements Event {
    @Override
    public String text() {
      return "limit %s in VM %s: %s; %s".formatted(limit, id, what, fix);
    }
  }

  /** A VM has a network device, with what may pass. */
  record NetworkOpened(VmId id, Network.Tap network) implements Event {
    @Override
    public String text() {
      return "VM %s has a network: %d rules allow, %d deny"
          .formatted(id, network.allow().size(), network.deny().size());
    }
  }

  /** What a network did until it was closed. */
  record NetworkUsed(VmId id, NetworkReport report) implements Event {
    @Override
    public String text() {
      return "the network of VM %s: %s".formatted(id, report.counters());
    }
  }

  /** Something was asked for that may not be, and was not begun. */
  record Refused(Optional<VmId> id, String why) implements Event {
    @Override
    public String text() {
      return "refused: " + why;
    }
  }

  /** What killed owners had left of their VMs was cleared. */
  record OwnersCleared(int vms) implements Event {
    @Override
    public String text() {
      return "cleared up after %d VMs whose owner is gone".formatted(vms);
    }
  }

  /**
   * Another process asks for something of a VM.
   *
   * @param what it asks for
   * @param user that it runs as, as the kernel says
   */
  record Asked(VmId id, String what, String user) implements Event {
    @Override
    public String text() {
      return "user %s asks for the %s of VM %s".formatted(user, what, id);
    }
  }

  /** The audit's log can't be written, or can be again. */
  record AuditFailing(String text) implements Notice {}
}
