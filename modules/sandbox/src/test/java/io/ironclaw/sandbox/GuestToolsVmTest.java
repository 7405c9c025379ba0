package io.ironclaw.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.GuestSeccomp;
import io.ironclaw.api.ImageRef;
import io.ironclaw.api.IronClaw;
import io.ironclaw.api.MachineShape;
import io.ironclaw.api.Sandbox;
import io.ironclaw.image.ToolsImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Programmers' tools do their work under the usual filter of commands, and under the minimal. */
@Tag("vm")
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuestToolsVmTest {
  private Optional<IronClaw> ironclaw = Optional.empty();
  private Optional<Sandbox> sandbox = Optional.empty();

  @BeforeAll
  void open() throws Exception {
    var settings = RealVms.settings();
    var folder = Files.createDirectories(Path.of("target", "tools-image").toAbsolutePath());
    var image = ToolsImage.in(folder, _ -> {});
    // Cold: no template is worth its time for one VM.
    ironclaw = Optional.of(LocalIronClaw.start(settings.withoutTemplates()));
    var spec =
        RealVms.spec()
            .withImage(new ImageRef.File(image))
            .withShape(MachineShape.DEFAULT.withMemoryMib(768));
    spec = spec.withLimits(spec.limits().withScratchMib(250).withTime(Duration.ofMinutes(5)));
    sandbox = Optional.of(ironclaw.get().open(spec));
  }

  @AfterAll
  void close() {
    ironclaw.ifPresent(IronClaw::close);
  }

  /**
   * What a programmer does.
   *
   * @param script in an empty folder
   * @param prints at its end
   */
  record Work(String name, String script, String prints) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Work> WORK =
      List.of(
          new Work(
              "git",
              """
              git init -q r && cd r && echo a >a && git add a
              git -c user.name=x -c user.email=x@y commit -qm message
              git clone -q . ../c && git -C ../c log --format=%s
              """,
              "message"),
          new Work(
              "gcc",
              """
              printf '#include <stdio.h>\nint main(void) { puts("built"); return 0; }' >m.c
              gcc -O1 -o m m.c && ./m
              """,
              "built"),
          new Work(
              "python",
              """
              python3 -c 'import asyncio, concurrent.futures as c
              print(sum(c.ThreadPoolExecutor(4).map(abs, [-1, 2, -3])), asyncio.run(asyncio.sleep(0, 7)))'
              """,
              "6 7"),
          new Work(
              "node",
              """
              node -e 'require("fs").promises.writeFile("f", "x").then(() =>
                require("child_process").execFile("cat", ["f"], (e, out) => console.log(e, out)))'
              """,
              "null x"),
          new Work(
              "pip",
              """
              mkdir m && echo 'X = 5' >m/made.py
              printf 'from setuptools import setup\nsetup(name="made", version="1", py_modules=["made"])' >m/setup.py
              pip3 install -q --no-index --no-build-isolation --no-deps --break-system-packages ./m 2>&1
              cd / && python3 -c 'import made; print(made.X)'
              """,
              "5"),
          new Work(
              "apt",
              """
              mkdir -p p/DEBIAN p/usr/share/hello && echo hi >p/usr/share/hello/text
              printf 'Package: hello-test\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: t\n' >p/DEBIAN/control
              dpkg-deb -b p hello.deb >/dev/null
              mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates /var/lib/apt/lists/partial /var/cache/apt/archives/partial /var/log/apt
              touch /var/lib/dpkg/status
              apt-get install -y -q ./hello.deb >out 2>&1 || { cat out; exit 1; }
              dpkg -s hello-test | grep -c '^Status: install ok installed' && cat /usr/share/hello/text
              apt-get remove -y -q hello-test >out 2>&1 || { cat out; exit 1; }
              ls /usr/share/hello 2>&1 | grep -c 'No such file'
              """,
              "1\nhi\n1"));

  private static Stream<Arguments> work() {
    return Stream.of(GuestSeccomp.BASIC, GuestSeccomp.MINIMAL)
        .flatMap(level -> WORK.stream().map(work -> Arguments.of(level, work)));
  }

  @ParameterizedTest(name = "{1} under {0}")
  @MethodSource("work")
  void a_tool_does_its_work_and_is_refused_nothing(GuestSeccomp level, Work work) throws Exception {
    String folder = "/tmp/" + level.text() + "-" + work.name();
    var result =
        RealVms.run(
            sandbox.orElseThrow(),
            ExecSpec.of("sh", "-ec", "mkdir " + folder + "; cd " + folder + "\n" + work.script())
                .withSeccomp(level));
    assertThat(result.stdout().strip()).as(result.stderr()).endsWith(work.prints());
    assertThat(result.outcome().shellStatus()).as(result.stderr()).isZero();
    assertThat(result.outcome().usage().refused()).isEmpty();
  }
}
