package io.ironclaw.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

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
}
