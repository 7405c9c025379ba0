package io.ironclaw.cli;

import io.ironclaw.api.Assurance;
import io.ironclaw.api.EgressLimits;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.ImageException;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.Jail;
import io.ironclaw.api.Limits;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Network;
import io.ironclaw.api.Printable;
import io.ironclaw.api.PublishedPort;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.VmId;
import io.ironclaw.sandbox.Drivers;
import io.ironclaw.sandbox.Settings;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what VM a command runs in. */
final class VmOptions {
  @Option(
      names = "--image",
      paramLabel = "REF",
      description = "Root file system: a name, or the path of a squashfs or erofs file (debian).")
  private @Nullable String image;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Amounts.Mebibytes.class,
      description = "Guest memory: 80m to 64g, and what the host has (256m).")
  private @Nullable Integer memory;

  @Option(names = "--vcpus", paramLabel = "N", description = "Virtual CPUs, 1 to 32 (1).")
  private @Nullable Integer vcpus;

  @Option(
      names = "--disk",
      paramLabel = "SIZE",
      converter = Amounts.Mebibytes.class,
      description =
          "Writable layer over the image, in guest memory (80m, at most two fifths of it).")
  private @Nullable Integer disk;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = Amounts.Time.class,
      description = "A command is killed after this: 100ms to 24h (10m; shell: 24h).")
  private @Nullable Duration timeout;

  @Option(
      names = "--network",
      paramLabel = "MODE",
      converter = Amounts.Mode.class,
      description = "none, or tap: a device behind a firewall; takes root (none).")
  private @Nullable Network network;

  @Option(
      names = "--allow",
      paramLabel = "RULE",
      description =
          "With tap: what may be reached, such as api.example.org:443, *.example.org:80-81,"
              + " 10.1.2.0/24:5432/tcp, 192.0.2.1/icmp; @NAME: the rules of [network.NAME] in"
              + " ironclaw.toml. Without a port: 443. Can be repeated.")
  private List<String> allow = new ArrayList<>();

  @Option(
      names = "--deny",
      paramLabel = "RULE",
      description = "With tap: what may not, whatever is allowed. Can be repeated.")
  private List<String> deny = new ArrayList<>();

  @Option(
      names = "--publish",
      paramLabel = "[ADDRESS:]PORT:PORT",
      converter = NetworkOptions.Publishing.class,
      description =
          "With tap: a port of the host, on 127.0.0.1 unless told otherwise, that leads to a TCP"
              + " port of the guest. Can be repeated.")
  private List<PublishedPort> publish = new ArrayList<>();

  @Option(
      names = "--network-limit",
      paramLabel = "LIMITS",
      converter = NetworkOptions.Limiting.class,
      description =
          "With tap: connections at once, new ones in a second, bytes in all"
              + " (connections=256,rate=100,bytes=10g).")
  private @Nullable EgressLimits networkLimit;

  @Option(
      names = "--require",
      paramLabel = "ISOLATION",
      converter = Amounts.Required.class,
      description =
          "What isolation must be like, or there is no VM: hardware, jailed, own-uid, seccomp,"
              + " cgroup-memory, cgroup-swap, cgroup-pids, cgroup-cpu, cgroup-io; with commas"
              + " (any).")
  private @Nullable Assurance required;

  @Option(
      names = "--hypervisor",
      paramLabel = "NAME",
      converter = Amounts.Driving.class,
      description =
          "firecracker, qemu, or auto: Firecracker where it can be used, else QEMU; doctor says"
              + " which, and why (auto).")
  private Drivers.@Nullable Wanted hypervisor;

  @Option(
      names = "--jail",
      paramLabel = "MODE",
      converter = Amounts.Jailing.class,
      description = "bubblewrap, or none: a hypervisor with your rights (bubblewrap).")
  private @Nullable Jail jail;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "Name of the VM: 1 to 64 of a-z, 0-9 and, inside, - (random).")
  private @Nullable String id;

  /**
   * For a command on which the time limit has no effect.
   *
   * @throws IllegalArgumentException if it was given
   */
  void refuseTimeout(String why) {
    if (timeout != null) {
      throw new IllegalArgumentException("--timeout has no effect: " + why + "; leave it out");
    }
  }

  /** As of {@link QuickArguments.Target#option}. */
  boolean quick(String name, String value) {
    switch (name) {
      case "--image" -> {
        if (image != null) {
          return false;
        }
        image = value;
      }
      case "--memory" -> {
        if (memory != null) {
          return false;
        }
        memory = Amounts.mebibytes(value);
      }
      case "--vcpus" -> {
        if (vcpus != null) {
          return false;
        }
        vcpus = Integer.valueOf(value);
      }
      case "--disk" -> {
        if (disk != null) {
          return false;
        }
        disk = Amounts.mebibytes(value);
      }
      case "--timeout" -> {
        if (timeout != null) {
          return false;
        }
        timeout = Amounts.time(value);
      }
      case "--network" -> {
        if (network != null) {
          return false;
        }
        network = Amounts.network(value);
      }
      case "--allow" -> allow.add(value);
      case "--deny" -> deny.add(value);
      case "--publish" -> publish.add(PublishedPort.parse(value));
      case "--network-limit" -> {
        if (networkLimit != null) {
          return false;
        }
        networkLimit = EgressLimits.parse(value);
      }
      case "--require" -> {
        if (required != null) {
          return false;
        }
        required = Amounts.required(value);
      }
      case "--hypervisor" -> {
        if (hypervisor != null) {
          return false;
        }
        hypervisor = Amounts.hypervisor(value);
      }
      case "--jail" -> {
        if (jail != null) {
          return false;
        }
        jail = Amounts.jail(value);
      }
      case "--id" -> {
        if (id != null) {
          return false;
        }
        id = value;
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** What the environment says, but for what was asked for here. */
  Settings settings(Context context) {
    var settings = context.settings();
    var driven = hypervisor != null ? settings.with(hypervisor) : settings;
    return jail != null ? driven.with(jail) : driven;
  }

  /**
   * What was asked for.
   *
   * @param settings that have the sets of rules
   * @param defaultTimeout the time limit of a command when none was given
   * @throws IllegalArgumentException if a value is out of bounds; it names each that is
   */
  SandboxSpec spec(Settings settings, Duration defaultTimeout) throws ImageException {
    int cpus = vcpus != null ? vcpus : MachineShape.DEFAULT.vcpus();
    int memoryMib = memory != null ? memory : MachineShape.DEFAULT.memoryMib();
    var scratchMib = disk != null ? OptionalInt.of(disk) : OptionalInt.empty();
    var time = timeout != null ? timeout : defaultTimeout;
    var mode = network(settings);
    SandboxSpec.check(cpus, memoryMib, scratchMib, time, mode);
    return new SandboxSpec(
        id != null ? new VmId(id) : VmId.random(),
        image != null ? image(image) : ImageRef.DEFAULT,
        new MachineShape(cpus, memoryMib),
        new Limits(time, scratchMib),
        mode,
        required != null ? required : Assurance.ANY);
  }

  private Network network(Settings settings) {
    var chosen = network != null ? network : Network.NONE;
    if (chosen instanceof Network.Tap) {
      var allowed = NetworkOptions.allowed(allow, settings.networkSets());
      var denied = new ArrayList<>(allowed.deny());
      deny.forEach(text -> denied.add(EgressRule.denying(text)));
      return new Network.Tap(
          allowed.allow(),
          denied,
          publish,
          networkLimit != null ? networkLimit : EgressLimits.DEFAULT);
    }
    boolean without =
        allow.isEmpty() && deny.isEmpty() && publish.isEmpty() && networkLimit == null;
    if (!without) {
      throw new IllegalArgumentException(
          "--allow, --deny, --publish and --network-limit are about a network device, and there is"
              + " none; add --network tap");
    }
    return chosen;
  }

  private static ImageRef image(String text) throws ImageException {
    if (text.indexOf('/') < 0 && text.indexOf('.') > 0 && new File(text).isFile()) {
      throw new IllegalArgumentException(
          "--image " + Printable.of(text) + ": for the file here write ./" + Printable.of(text));
    }
    return ImageRef.parse(text);
  }
}
