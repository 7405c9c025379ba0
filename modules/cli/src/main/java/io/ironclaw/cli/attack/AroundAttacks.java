package io.ironclaw.cli.attack;

import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.HostException;
import io.ironclaw.api.InvalidVmIdException;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.VmId;
import io.ironclaw.host.HostTool;
import io.ironclaw.host.PrivateDir;
import io.ironclaw.sandbox.ProofArchive;
import io.ironclaw.sandbox.ProofDesk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** What somebody on the host tries, beside the VMs. */
final class AroundAttacks {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Names that would be paths, other names, or too long for a socket. */
  private static final List<String> NAMES =
      List.of(
          "",
          ".",
          "..",
          "../x",
          "../../etc/passwd",
          "a/b",
          "/etc",
          "a\\b",
          "a\0b",
          "a\nb",
          "%2e%2e%2f",
          "..%c0%af",
          "vm-1 ",
          " vm-1",
          "VM-1",
          "vm_1",
          "vm.1",
          "-vm",
          "vm-",
          "vm-\u00e9",
          "\uff0e\uff0e\uff0f",
          "vm-\u202e1",
          "x".repeat(65),
          "x".repeat(300));

  private static final List<String> GUEST_PATHS =
      List.of("", "etc/passwd", "../../etc/passwd", "./x", "/a\0b", "/" + "x".repeat(5_000));

  static final List<Attack> ALL =
      List.of(
          new Attack("names", "no name of a VM can become a path", AroundAttacks::names),
          new Attack(
              "guest-paths",
              "paths in a guest are absolute, bounded, and never the host's",
              AroundAttacks::guestPaths),
          new Attack(
              "planted-links",
              "a link, a file or a folder of others in a VM's place is refused and left alone",
              AroundAttacks::plantedLinks),
          new Attack(
              "link-race",
              "links that come and go while VMs start lead no file of theirs elsewhere",
              AroundAttacks::linkRace),
          new Attack(
              "stale-sockets",
              "what a killed owner left, sockets too, is cleared, and asks nobody to wait",
              AroundAttacks::staleSockets),
          new Attack(
              "changed-proof",
              "a proof in which one byte was changed is not shown",
              AroundAttacks::changedProof),
          new Attack(
              "another-user",
              "another user of this host gets at no file, socket or process of a VM",
              AroundAttacks::anotherUser));

  private AroundAttacks() {}

  private static Outcome names(Ground ground) {
    var taken = new ArrayList<String>();
    for (var name : NAMES) {
      try {
        taken.add(new VmId(name).value());
      } catch (InvalidVmIdException _) {
        // As it should be.
      }
    }
    return Outcome.of(
        taken.isEmpty(), NAMES.size() + " names were tried, " + taken.size() + " taken " + taken);
  }

  private static Outcome guestPaths(Ground ground) throws IronClawException, IOException {
    var read = new ArrayList<String>();
    for (var path : GUEST_PATHS) {
      try {
        ground.attacker().readFile(path, 0, 100, new ByteArrayOutputStream());
        read.add(path);
      } catch (io.ironclaw.api.GuestRefusedException _) {
        // As it should be.
      }
    }
    String host = ground.secret();
    Path file = Files.writeString(ground.folder().resolve("host-file"), host);
    var bytes = new ByteArrayOutputStream();
    try {
      ground.attacker().readFile(file.toString(), 0, 100, bytes);
      read.add(file.toString());
    } catch (io.ironclaw.api.GuestRefusedException _) {
      // Its own file system has no such file.
    }
    return Outcome.of(
        read.isEmpty(),
        GUEST_PATHS.size() + 1 + " paths were tried, read were " + ground.shown(read.toString()));
  }

  private static Outcome plantedLinks(Ground ground) throws IronClawException, IOException {
    Path run = PrivateDir.ensure(ground.settings().runtimeDir());
    Path elsewhere = Files.createDirectory(ground.folder().resolve("elsewhere"));
    var wrong = new ArrayList<String>();
    for (var what : List.of("link", "dangling link", "file", "folder for all")) {
      var spec = SandboxSpec.fresh();
      Path place = run.resolve(spec.id().value());
      switch (what) {
        case "link" -> Files.createSymbolicLink(place, elsewhere);
        case "dangling link" -> Files.createSymbolicLink(place, elsewhere.resolve("nothing"));
        case "file" -> Files.createFile(place);
        default ->
            Files.setPosixFilePermissions(
                Files.createDirectory(place), PosixFilePermissions.fromString("rwxrwxrwx"));
      }
      try {
        ground.open(spec).close();
        wrong.add(what + " was taken");
      } catch (HostException _) {
        if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
          wrong.add(what + " was removed");
        }
      }
      PrivateDir.deleteTree(place);
    }
    try (var left = Files.list(elsewhere)) {
      if (left.findAny().isPresent() || Files.exists(elsewhere.resolve("nothing"))) {
        wrong.add("files of a VM are elsewhere");
      }
    }
    return Outcome.of(wrong.isEmpty(), "4 were planted; wrong: " + wrong);
  }

  private static Outcome linkRace(Ground ground)
      throws IronClawException, IOException, InterruptedException {
    Path run = PrivateDir.ensure(ground.settings().runtimeDir());
    Path elsewhere = Files.createDirectory(ground.folder().resolve("race"));
    var id = VmId.random();
    Path place = run.resolve(id.value());
    var over = new AtomicBoolean();
    var racer =
        Thread.startVirtualThread(() -> {
          while (!over.get()) {
            try {
              Files.createSymbolicLink(place, elsewhere);
              Files.delete(place);
            } catch (IOException _) {
              // A VM has the place.
              Thread.onSpinWait();
            }
          }
        });
    int started = 0;
    int refused = 0;
    for (int i = 0; i < 6; i++) {
      try {
        ground.open(SandboxSpec.fresh().withId(id)).close();
        started++;
      } catch (HostException _) {
        refused++;
      }
    }
    over.set(true);
    racer.join();
    Files.deleteIfExists(place);
    try (var left = Files.list(elsewhere)) {
      String found =
          left.map(file -> file.getFileName().toString()).collect(Collectors.joining(" "));
      return Outcome.of(
          found.isEmpty(),
          started
              + " VMs started, "
              + refused
              + " were refused; elsewhere was found: ["
              + found
              + "]");
    }
  }

  private static Outcome staleSockets(Ground ground) throws IronClawException, IOException {
    Path run = PrivateDir.ensure(ground.settings().runtimeDir());
    var id = VmId.random();
    Path folder = PrivateDir.create(run.resolve(id.value()));
    Files.createFile(folder.resolve("lock"));
    for (var name : List.of("proof", "agent")) {
      try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        server.bind(UnixDomainSocketAddress.of(folder.resolve(name)));
      }
    }
    boolean nobody = ProofDesk.ask(ground.settings(), id).isEmpty();
    try (var sandbox = ground.open(SandboxSpec.fresh().withId(id))) {
      return Outcome.of(
          nobody && sandbox.isOpen(),
          "nobody answered for it, and a VM of that name started: " + sandbox.isOpen());
    }
  }

  private static Outcome changedProof(Ground ground) throws IronClawException, IOException {
    var proof = ground.attacker().proof();
    byte[] document = proof.json().getBytes(StandardCharsets.UTF_8);
    Path file = ground.settings().stateDir().resolve("proofs").resolve(proof.vm() + ".json");
    var archive = ProofArchive.of(ground.settings());
    int tried = 0;
    int shown = 0;
    try {
      for (int at = 0; at < document.length; at += 97) {
        byte[] changed = document.clone();
        changed[at] ^= 1;
        Files.write(file, changed);
        tried++;
        try {
          boolean same = archive.of(proof.vm()).filter(proof::equals).isPresent();
          shown += same ? 1 : 0;
        } catch (HostException _) {
          // As it should be.
        }
      }
    } finally {
      Files.write(file, document);
    }
    return Outcome.of(
        shown == 0, tried + " bytes were changed, one at a time; passed for the same: " + shown);
  }

  private static Outcome anotherUser(Ground ground)
      throws IronClawException, IOException, InterruptedException {
    if (!PrivateDir.isRoot()) {
      return Outcome.notTried("only root can be another user");
    }
    var attacker = ground.attacker();
    String secret = ground.secret();
    // Something in its memory that only the guest knows.
    ground.run(attacker, ExecSpec.of("sh", "-c", "echo " + secret + " >/dev/shm/s"));
    Path folder = ground.settings().runtimeDir().resolve(attacker.id().value());
    long pid = attacker.proof().pid();
    // Each prints a line if it works.
    String script =
        """
        cd /
        ls %1$s && echo its folder is open
        cat %1$s/lock && echo its lock is open
        python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("%1$s/proof")' && echo its desk answers
        cat %2$s/templates/*/memory | head -c 1 | grep -q . && echo a template is open
        head -c 1 /proc/%3$d/mem && echo its memory is open
        cat /proc/%3$d/environ | grep -q . && echo its environment is open
        ls /proc/%3$d/root/ && echo its files are open
        kill -0 %3$d && echo it can be signalled
        echo done
        """
            .formatted(folder, ground.settings().stateDir(), pid);
    var tool =
        new HostTool(
            List.of(
                "setpriv",
                "--reuid",
                "65534",
                "--regid",
                "65534",
                "--clear-groups",
                "sh",
                "-c",
                "exec 2>/dev/null\n" + script),
            Path.of("/"),
            PATIENCE);
    String said = new String(tool.output(16_384), StandardCharsets.UTF_8);
    return Outcome.of(
        said.equals("done\n"),
        said.equals("done\n")
            ? "8 ways were tried as user 65534, none worked"
            : ground.shown(said));
  }
}
