package io.ironclaw.cli;

import io.ironclaw.api.HostException;
import io.ironclaw.audit.LoggedEntry;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code ironclaw audit export}: entries for other programs. */
@Command(
    name = "export",
    description = "Write entries to stdout for another program.",
    footer = {
      "",
      "json: the lines of the log. csv: RFC 4180, the data as JSON in the last column. ocsf: JSON"
          + " lines",
      "with the names of the Open Cybersecurity Schema Framework, as far as it has them.",
      "",
      "Examples:",
      "  ironclaw audit export --since 24h > today.jsonl",
      "  ironclaw audit export --format csv --kind security"
    })
final class AuditExportCommand implements Callable<Integer> {
  private final Context context;

  @Mixin private final AuditFilter filter = new AuditFilter();
  @Mixin private final Common common = new Common();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      converter = Formats.class,
      description = "json, csv or ocsf (json).")
  private Format format = Format.JSON;

  AuditExportCommand(Context context) {
    this.context = context;
  }

  /** What is written. */
  enum Format {
    JSON,
    CSV,
    OCSF
  }

  /** From text. */
  static final class Formats implements ITypeConverter<Format> {
    private static final Map<String, Format> NAMES =
        Map.of("json", Format.JSON, "csv", Format.CSV, "ocsf", Format.OCSF);

    @Override
    public Format convert(String text) {
      var format = NAMES.get(text);
      if (format == null) {
        throw new TypeConversionException("no format: use json, csv or ocsf");
      }
      return format;
    }
  }

  @Override
  public Integer call() throws HostException {
    common.apply(context);
    var which = filter.predicate();
    var reader = AuditCommand.reader(context);
    try (var out = new BufferedOutputStream(context.stdout(), 1 << 16)) {
      if (format == Format.CSV) {
        write(out, AuditFormats.CSV_HEADER);
      }
      reader.forEach(entry -> {
        if (which.test(entry)) {
          write(out, text(entry));
        }
      });
    } catch (UncheckedIOException | IOException e) {
      throw new HostException("the export can't be written to stdout: " + e.getMessage(), e);
    }
    AuditCommand.tellWrong(context, reader);
    return ExitStatus.OK;
  }

  private String text(LoggedEntry entry) {
    return switch (format) {
      case JSON -> entry.json() + "\n";
      case CSV -> AuditFormats.csv(entry);
      case OCSF -> AuditFormats.ocsf(entry);
    };
  }

  private static void write(OutputStream out, String text) {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
