package io.ironclaw.attacks.n;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.AuditEntry;
import io.ironclaw.api.AuditKind;
import io.ironclaw.api.EgressLimits;
import io.ironclaw.api.EgressRule;
import io.ironclaw.api.Event;
import io.ironclaw.api.Network;
import io.ironclaw.api.ProofItem;
import io.ironclaw.api.Sandbox;
import io.ironclaw.api.SandboxSpec;
import io.ironclaw.attacks.Victims;
import io.ironclaw.sandbox.LocalIronClaw;
import io.ironclaw.sandbox.Settings;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a guest's root tries against the firewall of its network device, out of real VMs. */
@Tag("network")
@Timeout(300)
class TapAttackTest {
  private static final Path PAGE = Path.of("../../docs/network.md");
  private static final String BEGIN = "<!-- begin: written by TapAttackTest -->\n";
  private static final String END = "<!-- end -->\n";

  private static final Network.Tap ALLOWED =
      new Network.Tap(
          List.of(
              EgressRule.allowing("203.0.113.10:80"),
              EgressRule.allowing("203.0.113.10:9999/udp"),
              EgressRule.allowing("203.0.113.11/icmp"),
              EgressRule.allowing("198.51.100.0/24:80"),
              EgressRule.allowing("allowed.test:80"),
              EgressRule.allowing("rebind.test:80"),
              EgressRule.allowing("meta.test:80"),
              EgressRule.allowing("inner.test:80"),
              EgressRule.allowing("*.wild.test:80")),
          List.of(EgressRule.denying("198.51.100.20")),
          List.of(),
          EgressLimits.DEFAULT);

  private final LinkedBlockingQueue<Event.NetworkDenied> seen = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<Event.IsolationLost> ends = new LinkedBlockingQueue<>();

  /**
   * Something that is tried.
   *
   * @param attempt kind, where and port: see try.py
   * @param expected what must come of it
   * @param quiet an address that no packet may arrive at; empty = it is not looked at
   */
  private record Attempt(String what, String attempt, String expected, String quiet) {}

  private static Attempt passes(String what, String attempt) {
    return new Attempt(what, attempt, "passed", "");
  }

  private static Attempt refused(String what, String attempt) {
    return new Attempt(what, attempt, "refused", "");
  }

  private static Attempt nothing(String what, String attempt, String expected, String quiet) {
    return new Attempt(what, attempt, expected, quiet);
  }

  private static List<Attempt> attempts(String gateway, String outer, String neighbour) {
    return List.of(
        passes("an allowed address and port", "tcp 203.0.113.10 80"),
        passes("the same by UDP", "udp 203.0.113.10 9999"),
        refused("another port of an allowed address", "tcp 203.0.113.10 8080"),
        refused("another port of it by UDP", "udp 203.0.113.10 9998"),
        refused("an allowed port of another address", "tcp 203.0.113.11 8080"),
        nothing(
            "what is denied within what is allowed",
            "tcp 198.51.100.20 80",
            "refused",
            "198.51.100.20"),
        passes("an allowed name", "tcp allowed.test 80"),
        passes("the same in upper case, with a dot at its end", "tcp ALLOWED.test. 80"),
        passes("a name below a star", "tcp www.wild.test 80"),
        refused("an allowed name at another port", "tcp allowed.test 443"),
        nothing("a name that no rule allows", "tcp other.test 80", "no address", ""),
        nothing(
            "an allowed name with more behind it",
            "tcp allowed.test.evil.test 80",
            "no address",
            ""),
        nothing("an allowed name with more before it", "tcp www.allowed.test 80", "no address", ""),
        nothing("the star's own name", "tcp wild.test 80", "no address", ""),
        nothing(
            "a name that leads to the metadata address",
            "tcp meta.test 80",
            "no address",
            "169.254.169.254"),
        nothing(
            "a name that leads to a private address",
            "tcp inner.test 80",
            "no address",
            "10.9.9.9"),
        refused("the resolver of the internet itself", "udp 203.0.113.53 53"),
        refused("the same by TCP", "tcp 203.0.113.53 53"),
        refused("an address as a decimal number", "tcp 3405803786 8080"),
        refused("as a hexadecimal one", "tcp 0xcb00710a 8080"),
        refused("in octal", "tcp 0313.0.0161.012 8080"),
        refused("as IPv6 that maps IPv4", "tcp ::ffff:203.0.113.10 8080"),
        nothing("metadata", "tcp 169.254.169.254 80", "refused", "169.254.169.254"),
        nothing("metadata as a decimal number", "tcp 2852039166 80", "refused", "169.254.169.254"),
        nothing(
            "metadata as IPv6 that maps IPv4",
            "tcp ::ffff:169.254.169.254 80",
            "refused",
            "169.254.169.254"),
        nothing("metadata by IPv6", "tcp fd00:ec2::254 80", "no way", "fd00:ec2::254"),
        nothing("a private address", "tcp 10.9.9.9 5432", "refused", "10.9.9.9"),
        nothing("another one", "tcp 192.168.7.7 80", "refused", "192.168.7.7"),
        nothing("another one", "tcp 172.16.5.5 80", "refused", "172.16.5.5"),
        nothing("carrier NAT", "tcp 100.64.0.1 80", "refused", "100.64.0.1"),
        nothing("somebody else's resolver", "udp 8.8.8.8 53", "refused", "8.8.8.8"),
        nothing("IPv6", "tcp 2001:db8:1::10 80", "no way", "2001:db8:1::10"),
        nothing(
            "IPv6 past the guest's own kernel", "ipv6 2001:db8:1::10 0", "sent", "2001:db8:1::10"),
        refused("the host, by its address", "tcp 203.0.113.1 9090"),
        refused("the host, by its end of the link", "tcp " + outer + " 9090"),
        refused("the host, by UDP", "udp 203.0.113.1 53"),
        nothing("what would be this host: 0.0.0.0 is the guest", "tcp 0.0.0.0 9090", "refused", ""),
        nothing(
            "the gateway at each of 1,024 ports", "scan " + gateway + " 1-1024", "open: [53]", ""),
        refused("another VM", "tcp " + neighbour + " 22"),
        refused("another VM by UDP", "udp " + neighbour + " 53"),
        nothing("SCTP", "sctp 203.0.113.10 0", "sent", "sctp"),
        nothing("GRE", "gre 203.0.113.10 0", "sent", "gre"),
        nothing(
            "another sender's address", "spoof-ip 203.0.113.11 0", "sent", "203.0.113.11 . udp"),
        nothing(
            "another hardware address", "spoof-mac 203.0.113.11 0", "sent", "203.0.113.11 . udp"),
        nothing("tags of a VLAN", "vlan 203.0.113.11 0", "sent", "203.0.113.11 . udp"),
        nothing("fragments", "fragments 203.0.113.11 0", "sent", "203.0.113.11 . udp"),
        nothing("an ARP answer for the gateway", "arp-spoof " + gateway + " 0", "sent", ""),
        nothing("DHCP", "dhcp 255.255.255.255 0", "sent", "255.255.255.255"),
        nothing("a router advertisement", "ra ff02::1 0", "sent", "ff02::1"),
        nothing("multicast", "multicast 224.0.0.251 0", "sent", "224.0.0.251"),
        passes("and what is allowed still passes", "tcp 203.0.113.10 80"));
  }

  private static Settings settings() {
    var environment = new HashMap<>(System.getenv());
    environment.put("IRONCLAW_DNS", World.RESOLVER);
    return Settings.fromEnvironment(environment);
  }

  private static List<String> tried(Sandbox sandbox, List<Attempt> attempts) throws Exception {
    try (var script = TapAttackTest.class.getResourceAsStream("try.py")) {
      var unused = sandbox.writeFile("/tmp/try.py", 0644, false, script);
      assertThat(unused.size()).isPositive();
    }
    var lines = new StringBuilder();
    attempts.forEach(a -> lines.append(a.attempt()).append('\n'));
    var unused =
        sandbox.writeFile(
            "/tmp/attempts",
            0644,
            false,
            new ByteArrayInputStream(lines.toString().getBytes(StandardCharsets.US_ASCII)));
    assertThat(unused.size()).isPositive();
    var result = Victims.sh(sandbox, "python3 /tmp/try.py < /tmp/attempts");
    assertThat(result.stderr()).isEmpty();
    return result.stdout().lines().toList();
  }

  @Test
  void n_what_is_allowed_passes_and_everything_else_is_refused_or_dropped() throws Exception {
    try (var world = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var neighbour = ironclaw.open(SandboxSpec.fresh().withNetwork(Network.Tap.CLOSED));
        var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(ALLOWED))) {
      var attempts =
          attempts(
              gateway(sandbox),
              before(sandbox.network().orElseThrow().address(), 1),
              neighbour.network().orElseThrow().address());
      var seen = tried(sandbox, attempts);
      var arrived = world.arrived();
      var rows = new ArrayList<String>();
      for (int i = 0; i < attempts.size(); i++) {
        var attempt = attempts.get(i);
        assertThat(seen.get(i))
            .as(attempt.what() + ": " + attempt.attempt())
            .isEqualTo(attempt.expected());
        if (!attempt.quiet().isEmpty()) {
          assertThat(arrived).as(attempt.what()).doesNotContain(attempt.quiet());
        }
        rows.add(row(attempt));
      }
      // That something arrives is seen, too.
      assertThat(arrived)
          .contains("203.0.113.10 . tcp", "203.0.113.10 . udp", "203.0.113.11 . tcp");
      assertThat(world.asked)
          .containsOnly("allowed.test 1", "www.wild.test 1", "meta.test 1", "inner.test 1");
      page(rows);
    }
  }

  private static String gateway(Sandbox sandbox) throws Exception {
    return Victims.sh(sandbox, "sed -n 's/nameserver //p' /etc/resolv.conf").stdout().strip();
  }

  /** The address so many before another one. */
  private static String before(String address, int count) {
    int dot = address.lastIndexOf('.');
    return address.substring(0, dot + 1) + (Integer.parseInt(address.substring(dot + 1)) - count);
  }

  private static String row(Attempt attempt) {
    return "| %s | `%s` | %s |"
        .formatted(
            attempt.what(),
            attempt.attempt().replaceAll(" 0$", "").replaceAll("198\\.18\\.[0-9.]+", "198.18.x.x"),
            attempt.expected() + (attempt.quiet().isEmpty() ? "" : ", nothing arrived"));
  }

  /** The page has what was seen; IRONCLAW_WRITE_DOCS=1 writes it. */
  private static void page(List<String> rows) throws Exception {
    var table = "| tried | how | came of it |\n|---|---|---|\n" + String.join("\n", rows) + "\n";
    var page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    if ("1".equals(System.getenv("IRONCLAW_WRITE_DOCS"))) {
      Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
    } else {
      assertThat(page.substring(begin, end)).as("the table of docs/network.md").isEqualTo(table);
    }
  }

  @Test
  void n_the_tools_of_the_image_say_what_was_refused() throws Exception {
    try (var world = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(ALLOWED))) {
      assertThat(Victims.sh(sandbox, "ping -c 1 -W 3 203.0.113.11").stdout())
          .contains("1 received");
      assertThat(Victims.sh(sandbox, "ping -c 1 -W 3 203.0.113.10").stdout())
          .contains("Packet filtered");
      assertThat(Victims.sh(sandbox, "dig +short allowed.test").stdout())
          .isEqualTo("203.0.113.11\n");
      assertThat(Victims.sh(sandbox, "dig x7f3a.blocked.test TXT").stdout())
          .contains("status: REFUSED");
      assertThat(Victims.sh(sandbox, "dig allowed.test TXT").stdout())
          .contains("status: NOERROR", "ANSWER: 0");
      assertThat(Victims.sh(sandbox, "dig +tcp +short allowed.test").stdout())
          .isEqualTo("203.0.113.11\n");
      assertThat(Victims.sh(sandbox, "nc -zv -w 3 203.0.113.10 8080").stderr()).contains("refused");
      assertThat(Victims.sh(sandbox, "ip -br addr show eth0").stdout()).contains("198.18.");
      assertThat(Victims.sh(sandbox, "ss -tln").outcome()).isNotNull();
      assertThat(world.asked).containsOnly("allowed.test 1");
    }
  }

  @Test
  void n_an_answer_that_turns_to_the_loopback_is_no_address() throws Exception {
    try (var _ = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(ALLOWED))) {
      var first =
          Victims.sh(sandbox, "dig +short rebind.test; curl -sS --max-time 5 http://rebind.test");
      assertThat(first.stdout()).contains("203.0.113.11", "hello from 203.0.113.11");
      // Until its time is over, the first answer is the answer.
      var later = Victims.sh(sandbox, "sleep 31; dig rebind.test");
      assertThat(later.stdout())
          .contains("status: NOERROR", "ANSWER: 0")
          .doesNotContain("127.0.0.1\n");
    }
  }

  @Test
  void a_denial_is_an_event_with_the_rule_to_add_and_a_changed_firewall_is_the_vms_end()
      throws Exception {
    try (var _ = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var denied = ironclaw.events().subscribe(Event.NetworkDenied.class, seen::add);
        var lost = ironclaw.events().subscribe(Event.IsolationLost.class, ends::add);
        var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(ALLOWED))) {
      Victims.sh(sandbox, "curl -s --max-time 5 http://203.0.113.10:8080; curl -s http://no.test");
      assertThat(List.of(seen.take().text(), seen.take().text()))
          .anyMatch(text ->
              text.endsWith("tcp to 203.0.113.10:8080; to allow it: --allow 203.0.113.10:8080"))
          .anyMatch(text -> text.endsWith("the name no.test; to allow it: --allow no.test:443"));
      var report = sandbox.network().orElseThrow();
      assertThat(report.denials()).hasSize(2);
      assertThat(report.counters()).containsKey("refused tcp");
      assertThat(sandbox.isOpen()).isTrue();
      World.run("", "nsenter", "--net=" + report.namespace(), "--", "nft", "flush ruleset");
      assertThat(ends.take().item()).isIn(ProofItem.FIREWALL_HOOKS, ProofItem.FIREWALL_RULES);
      assertThat(sandbox.isOpen()).isFalse();
    }
  }

  @Test
  void what_a_network_may_let_pass_did_and_denied_is_in_the_audit() throws Exception {
    try (var _ = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var denied = ironclaw.events().subscribe(Event.NetworkDenied.class, seen::add)) {
      try (var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(ALLOWED))) {
        Victims.sh(sandbox, "curl -s --max-time 5 http://203.0.113.10:8080");
        assertThat(seen.take().denial().rule()).contains("203.0.113.10:8080");
      }
      var entries = ironclaw.audit().recent();
      assertThat(entries.stream().map(AuditEntry::kind))
          .contains(AuditKind.NETWORK_OPENED, AuditKind.NETWORK_DENIED, AuditKind.NETWORK_USED);
      assertThat(
              entries.stream()
                  .filter(entry -> entry.kind() == AuditKind.NETWORK_DENIED)
                  .findFirst()
                  .orElseThrow()
                  .text("fix"))
          .contains("--allow 203.0.113.10:8080");
      assertThat(
              entries.stream()
                  .filter(entry -> entry.kind() == AuditKind.NETWORK_USED)
                  .findFirst()
                  .orElseThrow()
                  .data()
                  .toString())
          .contains("refused tcp: ", "tcp to 203.0.113.10:8080: ");
    }
  }

  @Test
  void n7_an_empty_list_allows_nothing() throws Exception {
    try (var world = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(Network.Tap.CLOSED))) {
      var attempts =
          List.of(
              refused("", "tcp 203.0.113.10 80"),
              refused("", "udp 203.0.113.10 9999"),
              nothing("", "tcp allowed.test 80", "no address", ""));
      assertThat(tried(sandbox, attempts)).containsExactly("refused", "refused", "no address");
      assertThat(world.arrived()).doesNotContain("203.0.113.10");
      assertThat(world.asked).isEmpty();
    }
  }

  @Test
  void n3_a_neighbour_can_not_be_listened_to() throws Exception {
    try (var _ = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(ALLOWED));
        var spy = ironclaw.open(SandboxSpec.fresh().withNetwork(Network.Tap.CLOSED))) {
      var listen =
          """
          import socket
          s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
          s.bind(('eth0', 0))
          print('ready', flush=True)
          s.settimeout(4)
          try:
              while True:
                  print(s.recv(2000).hex())
          except TimeoutError:
              pass
          """;
      try (var execution =
          spy.start(
              io.ironclaw.api.ExecSpec.of("python3", "-c", listen)
                  .withSeccomp(io.ironclaw.api.GuestSeccomp.OFF))) {
        var out = execution.stdout();
        assertThat(new String(out.readNBytes(6), StandardCharsets.US_ASCII)).isEqualTo("ready\n");
        var talk =
            Victims.sh(
                sandbox, "for i in 1 2 3; do curl -sS --max-time 5 http://allowed.test; done");
        assertThat(talk.stdout()).contains("hello from 203.0.113.11");
        assertThat(out.readAllBytes()).as("frames that the neighbour has seen").isEmpty();
      }
    }
  }

  @Test
  void n_what_is_over_a_limit_is_refused_and_what_is_over_the_bytes_goes_nowhere()
      throws Exception {
    var few =
        new Network.Tap(
            List.of(EgressRule.allowing("203.0.113.10:80")),
            List.of(),
            List.of(),
            new EgressLimits(3, 100, 10));
    try (var _ = World.make();
        var ironclaw = LocalIronClaw.start(settings());
        var sandbox = ironclaw.open(SandboxSpec.fresh().withNetwork(few))) {
      var open =
          """
          import socket
          kept = []
          for i in range(5):
              s = socket.socket()
              s.settimeout(3)
              print(s.connect_ex(('203.0.113.10', 80)))
              kept.append(s)
          """;
      assertThat(Victims.run(sandbox, io.ironclaw.api.ExecSpec.of("python3", "-c", open)).stdout())
          .isEqualTo("0\n0\n0\n111\n111\n");
    }
  }
}
