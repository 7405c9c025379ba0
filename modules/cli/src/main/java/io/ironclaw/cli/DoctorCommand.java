package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.Printable;
import io.ironclaw.cli.attack.AttackReport;
import io.ironclaw.cli.attack.AttackRun;
import io.ironclaw.cli.doctor.Doctor;
import io.ironclaw.cli.doctor.Finding;
import io.ironclaw.cli.doctor.HostView;
import io.ironclaw.sandbox.HostTrial;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw doctor}: what works on this host. */
@Command(
    name = "doctor",
    description = "Say what works on this host, what does not, why, and how to fix it.",
    footer = {
      "",
      "Changes nothing but with --install-firecracker. Exit status: 0 when VMs can run here, 1 when"
          + " they can't.",
      "",
      "--attack starts VMs of your own images and attacks them, from inside as root and from"
          + " beside",
      "them, in at most two minutes and 1 GiB: 1 if anything does not hold. A page and a JSON file",
      "say what was tried; --report names their folder.",
      "",
      "Examples:",
      "  ironclaw doctor",
      "  ironclaw doctor --json",
      "  ironclaw doctor --attack",
      "  ironclaw doctor --install-firecracker firecracker-v1.16.1-x86_64.tgz"
    })
final class DoctorCommand implements Callable<Integer> {
  private static final int NAME_WIDTH = 18;

  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(names = "--json", description = "One JSON object on stdout.")
  private boolean json;

  @Option(names = "--attack", description = "Attack VMs on this host, and report what held.")
  private boolean attack;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Folder of the report of --attack (reports, in the cache).")
  private @Nullable Path report;

  @Option(
      names = "--install-firecracker",
      paramLabel = "FILE",
      description =
          "Put a release archive of Firecracker's in place (~/.local/share/ironclaw/firecracker).")
  private @Nullable Path firecracker;

  @Option(
      names = "--sha256",
      paramLabel = "HEX",
      description = "Of that archive, as it is published; some are known.")
  private @Nullable String sha256;

  DoctorCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IronClawException, InterruptedException {
    common.apply(context);
    if (firecracker != null) {
      return installed(firecracker);
    }
    if (sha256 != null) {
      throw new IllegalArgumentException(
          "--sha256 is of --install-firecracker: add that, or leave it out");
    }
    if (attack) {
      return attacked();
    }
    if (report != null) {
      throw new IllegalArgumentException("--report is of --attack: add that, or leave it out");
    }
    var findings = Doctor.examine(HostView.of(context.settings()));
    boolean canRun = Doctor.canRun(findings);
    if (json) {
      printJson(findings, canRun);
    } else {
      print(findings, canRun);
    }
    return canRun ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private int installed(Path archive) throws IronClawException {
    if (sha256 != null && !sha256.matches("[0-9a-fA-F]{64}")) {
      throw new IllegalArgumentException("--sha256: give 64 digits of 0-9 and a-f");
    }
    String done =
        new HostTrial(context.settings())
            .installFirecracker(archive.toAbsolutePath(), Optional.ofNullable(sha256));
    context.print(done + "\n");
    return ExitStatus.OK;
  }

  private int attacked() throws HostException, InterruptedException {
    var settings = context.settings();
    var done = AttackRun.on(settings, this::told);
    var made =
        new AttackReport(
            Commands.version(),
            "%s %s, %d CPUs"
                .formatted(
                    System.getProperty("os.name"),
                    System.getProperty("os.version"),
                    Runtime.getRuntime().availableProcessors()),
            done.isolation(),
            Instant.now(),
            done.findings());
    Path folder = report != null ? report : settings.stateDir().resolve("reports");
    Path page = made.write(folder.toAbsolutePath());
    if (json) {
      context.print(made.text());
    } else {
      context.print("\n" + made.summary() + "; the report: " + page + "\n");
    }
    return made.holds() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  /** As it comes: it takes a minute or two. */
  private void told(AttackRun.Finding finding) {
    if (json) {
      return;
    }
    var line = new StringBuilder(finding.result());
    line.repeat(' ', Math.max(1, 11 - finding.result().length())).append(finding.id());
    line.repeat(' ', Math.max(1, 26 - finding.id().length())).append(finding.evidence());
    try {
      context.print(line.append('\n').toString());
    } catch (HostException _) {
      // Nobody reads it: the report has it.
    }
  }

  private void print(List<Finding> findings, boolean canRun) throws HostException {
    var text = new StringBuilder();
    for (var finding : findings) {
      String label = label(finding.level());
      text.append(label);
      text.repeat(' ', 9 - label.length());
      text.append(finding.what());
      text.repeat(' ', Math.max(1, NAME_WIDTH - finding.what().length()));
      text.append(Printable.of(finding.found())).append('\n');
      detail(text, "", finding.meaning());
      finding.fix().ifPresent(fix -> detail(text, "fix: ", fix));
    }
    text.append(
        canRun ? "\nVMs can run here.\n" : "\nVMs can't run here: see the problems above.\n");
    context.print(text.toString());
  }

  private static void detail(StringBuilder to, String label, String text) {
    if (!text.isEmpty()) {
      to.repeat(' ', 9 + NAME_WIDTH).append(label).append(Printable.of(text)).append('\n');
    }
  }

  private static String label(Finding.Level level) {
    return level.name().toLowerCase(Locale.ROOT);
  }

  private void printJson(List<Finding> findings, boolean canRun) throws HostException {
    Json.print(
        context.stdout(),
        object -> {
          object.writeBooleanProperty("can_run", canRun);
          object.writeArrayPropertyStart("findings");
          for (var finding : findings) {
            object.writeStartObject();
            object.writeStringProperty("what", finding.what());
            object.writeStringProperty("level", label(finding.level()));
            object.writeStringProperty("found", finding.found());
            if (!finding.meaning().isEmpty()) {
              object.writeStringProperty("meaning", finding.meaning());
            }
            finding.fix().ifPresent(fix -> object.writeStringProperty("fix", fix));
            object.writeEndObject();
          }
          object.writeEndArray();
        });
  }
}
