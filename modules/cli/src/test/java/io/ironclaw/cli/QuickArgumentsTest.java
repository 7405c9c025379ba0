package io.ironclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.SandboxSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The quick way to read {@code exec}'s arguments gives what picocli gives. */
class QuickArgumentsTest {
  private static final List<List<String>> REST =
      List.of(
          List.of("true"),
          List.of("--", "true"),
          List.of("ls", "-l", "--json"),
          List.of("--", "--json", "x"),
          List.of("--", "--", "x"),
          List.of("x", "--", "y"),
          List.of("--", "a", "@b", "", "-"));

  private record Read(SandboxSpec spec, ExecSpec exec) {}

  private static final List<String> OF_NETWORKS =
      List.of("--allow", "--deny", "--publish", "--network-limit");

  private static String value(OptionSpec option) {
    return switch (option.longestName()) {
      case "--id" -> "some-id";
      case "--env" -> "A=b";
      case "--secret" -> "A_SECRET";
      case "--cwd" -> "/tmp";
      case "--image" -> "debian";
      case "--network" -> "none";
      case "--allow" -> "*.example.org:80-95";
      case "--deny" -> "10.0.0.0/8";
      case "--publish" -> "8080:80";
      case "--network-limit" -> "rate=5,bytes=1g";
      case "--require" -> "jailed,hardware";
      case "--jail" -> "none";
      case "--hypervisor" -> "qemu";
      case "--guest-seccomp" -> "minimal";
      case "--timeout" -> "5m";
      case "--memory" -> "2g";
      case "--disk" -> "64";
      default -> "2";
    };
  }

  @Test
  void both_read_every_option_alike() {
    var spec = new CommandLine(new ExecCommand(Harness.quiet().context())).getCommandSpec();
    int compared = 0;
    for (var option : spec.options()) {
      if (option.usageHelp()) {
        continue;
      }
      for (String name : option.names()) {
        for (var rest : REST) {
          if (OF_NETWORKS.contains(name)) {
            var twice =
                name.equals("--network-limit")
                    ? List.<String>of()
                    : List.of(name, value(option).replace("80", "90"));
            var with = new ArrayList<>(List.of("--network", "tap", name, value(option)));
            with.addAll(twice);
            compare(with, rest);
          } else if (option.arity().max() == 0) {
            compare(List.of(name), rest);
          } else {
            compare(List.of(name, value(option)), rest);
            if (name.startsWith("--")) {
              compare(List.of(name + "=" + value(option)), rest);
            }
          }
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(10 * REST.size());
  }

  @Test
  void what_is_not_well_formed_is_left_to_picocli() {
    for (var args :
        List.of(
            List.of("--help"),
            List.of("-h", "x"),
            List.of("--memory"),
            List.of("--memory", "x", "true"),
            List.of("--memory", "1g", "--memory", "1g", "true"),
            List.of("--id", "a", "--id", "b", "true"),
            List.of("--jail", "none", "--jail", "bubblewrap", "true"),
            List.of("--jail", "no", "true"),
            List.of("--hypervisor", "xen", "true"),
            List.of("--hypervisor", "auto", "--hypervisor", "qemu", "true"),
            List.of("--require", "jailed,", "true"),
            List.of("--user", "99999999999", "true"),
            List.of("--memory", "--", "true"),
            List.of("-tv", "true"),
            List.of("-eA=b", "true"),
            List.of("--memory"),
            List.of("--json=true", "true"),
            List.of("--json", "--json", "true"),
            List.of("-v", "--verbose", "true"),
            List.of("-", "true"),
            List.<String>of(),
            List.of("--"))) {
      var exec = new ExecCommand(Harness.quiet().context());
      assertThat(QuickArguments.read(args.toArray(new String[0]), 0, exec))
          .as("%s", args)
          .isFalse();
    }
  }

  private static void compare(List<String> options, List<String> rest) {
    var args = new ArrayList<>(List.of("exec"));
    args.addAll(options);
    args.addAll(rest);
    var direct = Harness.quiet();
    direct.env.put("A_SECRET", "a-value");
    var target = new ExecCommand(direct.context());
    assertThat(QuickArguments.read(args.toArray(new String[0]), 1, target)).as("%s", args).isTrue();
    int status = direct.run(args.toArray(new String[0]));
    var byPicocli = Harness.quiet();
    byPicocli.env.put("A_SECRET", "a-value");
    var line = Commands.one(byPicocli.context(), "exec").orElseThrow();
    args.removeFirst();
    assertThat(line.execute(args.toArray(new String[0]))).as("%s", args).isEqualTo(status);
    assertThat(status).isZero();
    var one = new Read(direct.ironClaw.opened.getFirst(), direct.ironClaw.started.getFirst());
    var other =
        new Read(byPicocli.ironClaw.opened.getFirst(), byPicocli.ironClaw.started.getFirst());
    assertThat(direct.started).as("%s", args).isEqualTo(byPicocli.started).isNotEmpty();
    assertThat(one.exec()).as("%s", args).isEqualTo(other.exec());
    assertThat(one.spec().withId(other.spec().id())).as("%s", args).isEqualTo(other.spec());
    if (options.toString().contains("--id")) {
      assertThat(one.spec().id()).isEqualTo(other.spec().id());
    }
  }
}
