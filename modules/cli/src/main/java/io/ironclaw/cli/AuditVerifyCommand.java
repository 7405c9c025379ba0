package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.api.Printable;
import io.ironclaw.audit.Verification;
import io.ironclaw.audit.Verifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ironclaw audit verify}: whether the log is what was written. */
@Command(
    name = "verify",
    description = "Find the first entry that was changed, removed, moved or put in again.",
    footer = {
      "",
      "The chain of hashes is followed, and each signature verified, from the oldest entry to the",
      "newest. That the end was cut off is known by the head beside the key, and by anchors:"
          + " files",
      "with checkpoints that were kept elsewhere. The exit status is 1 if something is wrong.",
      "",
      "Examples:",
      "  ironclaw audit verify",
      "  ironclaw audit verify --anchor /mnt/backup/ironclaw-checkpoints"
    })
final class AuditVerifyCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final Common common = new Common();

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "A public key that may have signed (that of the key's folder). Repeatable.")
  private List<Path> keys = new ArrayList<>();

  @Option(
      names = "--anchor",
      paramLabel = "FILE",
      description = "A file with checkpoints that must be in the log. Repeatable.")
  private List<Path> anchors = new ArrayList<>();

  @Option(names = "--json", description = "One JSON object on stdout.")
  private boolean json;

  AuditVerifyCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws HostException {
    common.apply(context);
    var settings = AuditCommand.settings(context);
    var done = Verifier.verify(settings, keys, anchors);
    if (json) {
      print(done);
    } else {
      var text = new StringBuilder();
      text.append(
          done.isWhole()
              ? "the audit is whole: %d entries (%d to %d), signed through %d%n"
                  .formatted(done.entries(), done.first(), done.last(), done.signedThrough())
              : "the audit is NOT whole: %s%n  %d entries before that are as they were written%n"
                  .formatted(
                      Printable.of(done.broken().map(Object::toString).orElse("")),
                      done.entries()));
      done.notes().forEach(note -> text.append("  ").append(Printable.of(note)).append('\n'));
      context.print(text.toString());
    }
    return done.isWhole() ? ExitStatus.OK : ExitStatus.FAILED;
  }

  private void print(Verification done) throws HostException {
    Json.print(
        context.stdout(),
        object -> {
          object.writeBooleanProperty("whole", done.isWhole());
          done.broken()
              .ifPresent(broken -> {
                object.writeStringProperty("broken", broken.what());
                object.writeStringProperty("file", broken.file());
                object.writeNumberProperty("line", broken.line());
              });
          object.writeNumberProperty("entries", done.entries());
          object.writeNumberProperty("first", done.first());
          object.writeNumberProperty("last", done.last());
          object.writeNumberProperty("signed_through", done.signedThrough());
          object.writeNumberProperty("signatures", done.signatures());
          object.writeArrayPropertyStart("notes");
          done.notes().forEach(object::writeString);
          object.writeEndArray();
        });
  }
}
