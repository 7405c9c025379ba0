package io.ironclaw.bench;

import io.ironclaw.api.IronClawException;
import io.ironclaw.sandbox.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Runs the benchmarks. */
public final class Main {
  private Main() {}

  /** Exits with 0, with 1 when a run failed, with 64 when it is called wrongly. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  private static int run(String[] args) {
    try {
      var options = Options.parse(args);
      var results = new Results();
      var settings = Settings.fromEnvironment(System.getenv());
      var report =
          new Report(results, Bench.run(options, settings, launcher(), results, Main::say));
      System.out.print(report.text());
      if (options.json().isPresent()) {
        Files.writeString(options.json().get(), report.json());
      }
      if (options.markdown().isPresent()) {
        writeMarkdown(options.markdown().get(), report.markdown());
      }
      return results.failures().isEmpty() ? 0 : 1;
    } catch (IllegalArgumentException e) {
      say(String.valueOf(e.getMessage()));
      return 64;
    } catch (IronClawException | IOException e) {
      say(String.valueOf(e.getMessage()));
      return 1;
    } catch (InterruptedException _) {
      return 130;
    }
  }

  private static void say(String line) {
    System.err.println("bench: " + line);
  }

  /** Replaces what follows the marker line, so that the text before it stays a person's. */
  private static void writeMarkdown(Path file, String tables) throws IOException {
    var marker = "<!-- written by ./bench --markdown; don't edit below -->\n";
    var before = Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
    int at = before.indexOf(marker);
    Files.writeString(file, (at < 0 ? before : before.substring(0, at)) + marker + "\n" + tables);
  }

  /** The {@code ironclaw} of the checkout that this program was built in, if there is one. */
  private static Optional<Path> launcher() {
    var places = new java.util.ArrayList<Path>();
    Optional.ofNullable(System.getProperty("ironclaw.root")).map(Path::of).ifPresent(places::add);
    for (var entry : System.getProperty("java.class.path", "").split(":", -1)) {
      places.add(Path.of(entry).toAbsolutePath());
    }
    places.add(Path.of("").toAbsolutePath());
    for (var place : places) {
      for (Path dir = place; dir != null; dir = dir.getParent()) {
        if (Files.exists(dir.resolve("modules/benchmarks/pom.xml"))
            && Files.isExecutable(dir.resolve("ironclaw"))) {
          return Optional.of(dir.resolve("ironclaw"));
        }
      }
    }
    return Optional.empty();
  }
}
