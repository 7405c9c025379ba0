package io.ironclaw.cli.attack;

import io.ironclaw.api.ExecOutcome;
import io.ironclaw.api.ExecSpec;
import io.ironclaw.api.IronClawException;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.api.Verdict;
import io.ironclaw.api.VmDiedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What the root of a guest tries, without a filter of its commands. */
final class InsideAttacks {
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Duration HOG = Duration.ofSeconds(3);

  /** Two files of 128 KiB, and the write that was one too many. */
  private static final long MOST_LOG = 2 * 131_072 + 65_536;

  static final List<Attack> ALL =
      List.of(
          new Attack(
              "host-files",
              "a guest finds no file and no disk of the host's but its image",
              InsideAttacks::hostFiles),
          new Attack(
              "metadata-address",
              "a guest reaches no metadata service, gateway or private address",
              InsideAttacks::metadata),
          new Attack(
              "host-loopback",
              "a guest reaches no service of the host's, on no address of it",
              InsideAttacks::hostLoopback),
          new Attack(
              "raw-packets", "a guest has no device to send packets by", InsideAttacks::rawPackets),
          new Attack(
              "other-vms",
              "a guest finds nothing of another VM's, and has one channel, its own",
              InsideAttacks::otherVms),
          new Attack(
              "modules",
              "a command under its filter loads no module, and each try is counted",
              InsideAttacks::modules),
          new Attack(
              "disk-below-the-root",
              "a guest's root can't write its image by the device below it",
              InsideAttacks::diskBelow),
          new Attack(
              "memory-and-ports",
              "writes to /dev/mem and /dev/port reach nobody else",
              InsideAttacks::memoryAndPorts),
          hog("fork-bomb", "b() { b | b & }; b; sleep 100"),
          hog("memory-hog", "exec python3 -c 'l = []\nwhile True: l.append(bytearray(1 << 20))'"),
          hog(
              "disk-fill",
              "cat /dev/zero >/tmp/full; i=0; while :; do echo >/tmp/$i; i=$((i+1)); done"),
          new Attack(
              "console-flood",
              "a flood on the console leaves files of bounded size",
              InsideAttacks::consoleFlood),
          new Attack(
              "channel",
              "a guest's root takes the agent's channel from it, or ends it, to no avail",
              InsideAttacks::channel),
          new Attack(
              "end-of-the-machine",
              "a panic and a reboot end that VM with an error of its own, and leave nothing",
              InsideAttacks::endOfMachine),
          new Attack(
              "isolation-after-all-that",
              "what isolates the VM is read again, and all of it is still proven",
              InsideAttacks::proof));

  private InsideAttacks() {}

  private static Outcome hostFiles(Ground ground)
      throws IronClawException, IOException, InterruptedException {
    String secret = ground.secret();
    Path canary = Files.writeString(ground.folder().resolve("canary"), secret);
    var said =
        ground.sh(
            ground.attacker(),
            SHORT,
            "cat '%s'; cd /sys/block && echo disks: *; grep -cE '9p|virtiofs|nfs|fuse' /proc/mounts"
                    .formatted(canary)
                + "; ls /sys/firmware/qemu_fw_cfg/by_name/opt 2>/dev/null | grep -v ^$ | wc -l");
    boolean held =
        !said.text().contains(secret)
            && said.text().contains("No such file")
            && said.text().lines().anyMatch(line -> line.equals("disks: vda"))
            && said.text().lines().skip(2).allMatch(line -> line.equals("0"));
    return Outcome.of(held, ground.shown(said.text()));
  }

  /** Where something may answer. */
  private record Address(String host, int port) {
    /** As Python writes it. */
    @Override
    public String toString() {
      return "('" + host + "', " + port + ")";
    }
  }

  private static Outcome metadata(Ground ground) throws IronClawException, InterruptedException {
    return unreachable(
        ground,
        List.of(
            new Address("169.254.169.254", 80),
            new Address("fd00:ec2::254", 80),
            new Address("10.0.2.2", 22),
            new Address("10.0.2.3", 53),
            new Address("172.17.0.1", 22),
            new Address("192.168.0.1", 80),
            new Address("100.100.100.200", 80),
            new Address("1.1.1.1", 53),
            new Address("fe80::1", 80)));
  }

  private static Outcome unreachable(Ground ground, List<Address> addresses)
      throws IronClawException, InterruptedException {
    var said = connect(ground, addresses, "hello");
    return Outcome.of(
        said.text().equals("done\n"),
        said.text().equals("done\n")
            ? addresses.size() + " addresses were tried, none answered"
            : said.text());
  }

  /** Connects to each; the guest prints those that answer, and then that it is done. */
  private static Ground.Said connect(Ground ground, List<Address> to, String words)
      throws IronClawException, InterruptedException {
    return ground.sh(
        ground.attacker(),
        Duration.ofSeconds(20),
        """
        python3 - <<'END'
        import socket
        for host, port in %s:
            family = socket.AF_INET6 if ':' in host else socket.AF_INET
            try:
                with socket.socket(family) as s:
                    s.settimeout(1)
                    s.connect((host, port))
                    s.sendall(b'%s')
                    print('reached', host, port)
            except OSError:
                pass
        print('done')
        END
        """
            .formatted(to, words));
  }

  /** Without the name of the host's device behind it. */
  private static String host(InetAddress address) {
    return address.getHostAddress().split("%", 2)[0];
  }

  private static Outcome hostLoopback(Ground ground)
      throws IronClawException, IOException, InterruptedException {
    String secret = ground.secret();
    var heard = new AtomicInteger();
    try (var server = new ServerSocket(0)) {
      Thread.startVirtualThread(() -> listen(server, secret, heard));
      var addresses = new ArrayList<Address>();
      addresses.add(new Address("127.0.0.1", server.getLocalPort()));
      for (var device : NetworkInterface.networkInterfaces().toList()) {
        device
            .inetAddresses()
            .forEach(a -> addresses.add(new Address(host(a), server.getLocalPort())));
      }
      var said = connect(ground, addresses, secret);
      return Outcome.of(
          said.text().equals("done\n") && heard.get() == 0,
          "a listener on the host was tried on "
              + addresses.size()
              + " addresses; it heard "
              + heard.get()
              + " connections; the guest said: "
              + said.text());
    }
  }

  private static void listen(ServerSocket server, String secret, AtomicInteger heard) {
    while (!server.isClosed()) {
      try (var client = server.accept()) {
        client.setSoTimeout(2_000);
        byte[] words = client.getInputStream().readNBytes(secret.length());
        if (new String(words, java.nio.charset.StandardCharsets.US_ASCII).equals(secret)) {
          heard.incrementAndGet();
        }
      } catch (IOException _) {
        // Closed, or somebody else who said nothing.
      }
    }
  }

  private static Outcome rawPackets(Ground ground) throws IronClawException, InterruptedException {
    var said =
        ground.sh(
            ground.attacker(),
            SHORT,
            """
            python3 - <<'END'
            import os, socket
            out = []
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            for name in sorted(os.listdir('/sys/class/net')):
                if name != 'lo':
                    s.bind((name, 0)); s.send(bytes(64)); out.append(name)
            for domain in (40,):
                try:
                    v = socket.socket(domain, socket.SOCK_STREAM); v.settimeout(1)
                    v.connect((2, 1024)); out.append('vsock')
                except OSError: pass
            print(os.listdir('/sys/class/net'), out)
            END
            """);
    return Outcome.of(
        said.text().equals("['lo'] []\n"), "devices, and what was sent: " + said.text());
  }

  private static Outcome otherVms(Ground ground) throws IronClawException, InterruptedException {
    String secret = ground.secret();
    ground.sh(
        ground.neighbour(),
        SHORT,
        "echo %1$s >/root/%1$s; echo %1$s >/dev/shm/%1$s; sync".formatted(secret));
    var said =
        ground.sh(
            ground.attacker(),
            Duration.ofSeconds(15),
            // The secret is put together there: it must not find its own command line.
            "s=%s; ls -d /root/${s}* /dev/shm/${s}* 2>/dev/null; grep -rlF \"${s}%s\" /root /tmp /dev/shm /var"
                    .formatted(secret.substring(0, 12), secret.substring(12))
                + " 2>/dev/null; echo channels: $(ls /dev | grep -c vport)");
    return Outcome.of(said.text().equals("channels: 1\n"), said.text());
  }

  private static Outcome modules(Ground ground) throws IronClawException, InterruptedException {
    var said =
        ground.run(
            ground.attacker(),
            ExecSpec.of(
                    "python3",
                    "-c",
                    """
                    import ctypes
                    libc = ctypes.CDLL(None, use_errno=True)
                    for call in (175, 313, 176):
                        libc.syscall(call, 0, 0, 0)
                        print(ctypes.get_errno())
                    """)
                .withTimeout(SHORT));
    String refused = said.outcome().usage().refusedText();
    return Outcome.of(
        said.text().equals("1\n1\n1\n")
            && refused.equals(
                "delete_module (1 time), finit_module (1 time), init_module (1 time)"),
        "refused with EPERM: " + refused);
  }

  private static Outcome diskBelow(Ground ground) throws IronClawException, InterruptedException {
    var said =
        ground.sh(
            ground.attacker(),
            SHORT,
            """
            before=$(head -c 4096 /dev/vda | sha256sum)
            python3 - <<'END'
            import fcntl, os, struct
            f = os.open('/dev/vda', os.O_RDONLY)
            try: fcntl.ioctl(f, 0x125d, struct.pack('i', 0))
            except OSError as e: print('BLKROSET:', e.strerror)
            END
            mknod /root/disk b $(stat -c '0x%t 0x%T' /dev/vda)
            for d in /dev/vda /root/disk; do
              dd if=/dev/zero of=$d bs=4096 count=1 conv=fsync,notrunc 2>/dev/null && echo wrote $d
            done
            echo 3 >/proc/sys/vm/drop_caches
            [ "$before" = "$(head -c 4096 /dev/vda | sha256sum)" ] && echo the same
            """);
    var proof = ground.attacker().proof();
    boolean proven =
        proof.items().stream()
            .filter(i -> i.what() == ProofItem.ROOT_IMAGE || i.what() == ProofItem.DISKS)
            .allMatch(i -> i.verdict() == Verdict.PROVEN);
    boolean unwritten = !said.text().contains("wrote") && said.text().endsWith("the same\n");
    return Outcome.of(
        unwritten && proven,
        said.text().strip()
            + "; on the host the image is "
            + (proven ? "the file that was hashed" : "CHANGED"));
  }

  private static Outcome memoryAndPorts(Ground ground)
      throws IronClawException, InterruptedException {
    String said;
    try {
      said =
          ground
              .sh(
                  ground.attacker(),
                  SHORT,
                  "for d in /dev/mem /dev/port /dev/kmem; do dd if=/dev/urandom of=$d bs=512"
                      + " count=8 seek=4 2>&1 | tail -1; done; echo on")
              .text();
    } catch (VmDiedException _) {
      said = "the VM ended by it";
    }
    boolean answers = ground.neighbourAnswers();
    return Outcome.of(
        answers, "the neighbour answers: " + answers + "; in the guest: " + said.strip());
  }

  private static Attack hog(String id, String script) {
    return new Attack(
        id,
        "its time or memory limit ends it, and meanwhile a neighbour answers",
        ground -> hog(ground, script));
  }

  private static Outcome hog(Ground ground, String script)
      throws IronClawException, InterruptedException {
    var attacker = ground.attacker();
    var running =
        new java.util.concurrent.FutureTask<>(() -> ground.sh(attacker, HOG, script).outcome());
    Thread.startVirtualThread(running);
    long slowest = 0;
    int answers = 0;
    while (!running.isDone()) {
      long start = System.nanoTime();
      if (!ground.neighbourAnswers()) {
        return Outcome.of(false, "the neighbour did not answer");
      }
      slowest = Math.max(slowest, System.nanoTime() - start);
      answers++;
    }
    ExecOutcome ended;
    try {
      ended = running.get();
    } catch (java.util.concurrent.ExecutionException e) {
      return Outcome.of(false, "the VM did not survive it: " + e.getCause());
    }
    boolean bounded = ended instanceof ExecOutcome.TimedOut || ended.usage().outOfMemory();
    boolean alive = ground.sh(attacker, SHORT, "echo here").text().equals("here\n");
    return Outcome.of(
        bounded && alive && answers > 0,
        "ended by its "
            + (ended.usage().outOfMemory() ? "memory limit" : "time limit: " + bounded)
            + "; the neighbour answered "
            + answers
            + " times, the slowest in "
            + slowest / 1_000_000
            + " ms; the VM answers afterwards: "
            + alive);
  }

  private static Outcome consoleFlood(Ground ground)
      throws IronClawException, IOException, InterruptedException {
    var attacker = ground.attacker();
    ground.sh(attacker, SHORT, "timeout 3 sh -c 'yes flood >/dev/ttyS0'");
    long size = 0;
    for (var half : List.of(".log", ".log.1")) {
      Path file = ground.settings().stateDir().resolve("logs").resolve(attacker.id() + half);
      size += Files.exists(file) ? Files.size(file) : 0;
    }
    return Outcome.of(
        size > 0 && size <= MOST_LOG, "files of " + size + " bytes, allowed: " + MOST_LOG);
  }

  private static Outcome channel(Ground ground) throws IronClawException, InterruptedException {
    String said;
    try {
      var attacker = ground.attacker();
      said =
          ground
              .sh(
                  attacker,
                  SHORT,
                  "p=$(ls /dev/vport* | head -1); head -c 4096 /dev/urandom >$p && echo wrote to"
                      + " it; kill -9 1; kill -STOP 1; kill -SEGV 1; echo tried")
              .text();
      said += ground.sh(attacker, SHORT, "echo still here").text();
    } catch (IronClawException e) {
      // An error with a type, and not a hang: the VM is given up.
      said = "the VM was given up: " + e.getMessage();
    }
    boolean answers = ground.neighbourAnswers();
    boolean held = !said.contains("wrote to it") || said.contains("given up");
    return Outcome.of(answers && held, "the neighbour answers: " + answers + "; " + said.strip());
  }

  private static Outcome endOfMachine(Ground ground)
      throws IronClawException, InterruptedException {
    for (var key : List.of("c", "b")) {
      var spec = SandboxSpec.fresh();
      try (var sandbox = ground.open(spec)) {
        ground.sh(
            sandbox,
            SHORT,
            "echo 1 >/proc/sys/kernel/sysrq; echo " + key + " >/proc/sysrq-trigger; sleep 60");
        return Outcome.of(false, "the VM went on after sysrq " + key);
      } catch (VmDiedException _) {
        // As it should be.
      }
      if (Files.exists(ground.settings().runtimeDir().resolve(spec.id().value()))) {
        return Outcome.of(false, "its folder is left after sysrq " + key);
      }
    }
    boolean answers = ground.neighbourAnswers();
    return Outcome.of(
        answers, "both ended with VmDiedException, no folder is left; the neighbour answers");
  }

  private static Outcome proof(Ground ground) throws IronClawException {
    var proof = ground.attacker().proof();
    return Outcome.of(
        proof.count(Verdict.FAILED) == 0,
        proof.count(Verdict.PROVEN)
            + " items proven, "
            + proof.count(Verdict.ABSENT)
            + " absent, "
            + proof.count(Verdict.FAILED)
            + " failed");
  }
}
