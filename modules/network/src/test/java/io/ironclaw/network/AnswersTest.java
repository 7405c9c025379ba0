package io.ironclaw.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.Network;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

class AnswersTest {
  private static final int MOST = 1_232;

  private final List<String> asked = new ArrayList<>();
  private final List<String> denied = new ArrayList<>();
  private final Map<String, List<IpBlock>> learnt = new TreeMap<>();
  private List<String> upstream = List.of("203.0.113.9");
  private long ttl = 60;
  private int rcode = Rcode.NOERROR;

  private final Answers answers = answers("api.example.org", "*.wild.example", "10.1.0.0/16:80");

  private Answers answers(String... rules) {
    var allowed = Arrays.stream(rules).map(EgressRule::allowing).toList();
    return new Answers(
        Network.Tap.CLOSED.allowing(allowed),
        this::ask,
        (sets, _) -> learnt.putAll(sets),
        denied::add);
  }

  private Message ask(String name, int type) throws IOException {
    asked.add(name + " " + Type.string(type));
    var answer = new Message();
    answer.getHeader().setRcode(rcode);
    var owner = Name.fromString(name + ".");
    for (var address : upstream) {
      answer.addRecord(
          new ARecord(owner, DClass.IN, ttl, InetAddress.ofLiteral(address)), Section.ANSWER);
    }
    answer.addRecord(new TXTRecord(owner, DClass.IN, 1_000_000, "chatter"), Section.ANSWER);
    return answer;
  }

  private Message answer(String name, int type) throws IOException {
    var question = Message.newQuery(Record.newRecord(Name.fromString(name), type, DClass.IN));
    var reply = new Message(answers.to(question.toWire(), MOST).orElseThrow());
    assertThat(reply.getHeader().getID()).isEqualTo(question.getHeader().getID());
    assertThat(reply.getHeader().getFlag(Flags.QR)).isTrue();
    return reply;
  }

  private static List<String> addresses(Message reply) {
    return reply.getSection(Section.ANSWER).stream().map(Record::rdataToString).toList();
  }

  @Test
  void an_allowed_name_is_asked_for_once_and_its_address_is_learnt_before_the_guest_hears_of_it()
      throws IOException {
    for (var name : List.of("api.example.org.", "API.Example.ORG.")) {
      assertThat(addresses(answer(name, Type.A))).containsExactly("203.0.113.9");
    }
    assertThat(asked).containsExactly("api.example.org A");
    assertThat(learnt).containsOnlyKeys("name_1_4");
    assertThat(answer("a.b.wild.example.", Type.A).getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(learnt).containsKey("name_2_4");
  }

  @Test
  void any_other_name_is_refused_and_nobody_is_asked() throws IOException {
    for (var name :
        List.of(
            "example.org.",
            "x.api.example.org.",
            "api.example.org.evil.test.",
            "wild.example.",
            "notwild.example.",
            "evil\\000.api.example.org.",
            "api\\.example.org.",
            ".")) {
      for (int type : List.of(Type.A, Type.AAAA, Type.TXT, Type.ANY, Type.AXFR, Type.NULL)) {
        assertThat(answer(name, type).getRcode()).as(name).isEqualTo(Rcode.REFUSED);
      }
    }
    assertThat(asked).isEmpty();
    assertThat(learnt).isEmpty();
    assertThat(denied).contains("example.org", "what is no name of a host");
  }

  @Test
  void of_an_allowed_name_there_are_addresses_and_nothing_else() throws IOException {
    for (int type : List.of(Type.AAAA, Type.TXT, Type.MX, Type.HTTPS, Type.ANY, Type.CNAME)) {
      var reply = answer("api.example.org.", type);
      assertThat(reply.getRcode()).isEqualTo(Rcode.NOERROR);
      assertThat(addresses(reply)).isEmpty();
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void what_leads_to_the_host_or_its_neighbours_is_left_out_unless_a_rule_names_it()
      throws IOException {
    upstream =
        List.of(
            "127.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "203.0.113.9", "10.1.2.3");
    assertThat(addresses(answer("api.example.org.", Type.A)))
        .containsExactly("203.0.113.9", "10.1.2.3");
    // The rule that names 10.1.0.0/16 opens it at its ports; the name opens what is public.
    assertThat(learnt.get("name_1_4")).containsExactly(IpBlock.of("203.0.113.9"));
  }

  @Test
  void an_answer_holds_for_half_a_minute_at_least_and_an_hour_at_most() throws IOException {
    ttl = 0;
    assertThat(answer("api.example.org.", Type.A).getSection(Section.ANSWER).getFirst().getTTL())
        .isBetween(1L, 30L);
    ttl = 1_000_000;
    assertThat(answer("a.wild.example.", Type.A).getSection(Section.ANSWER).getFirst().getTTL())
        .isBetween(3_500L, Answers.LONGEST.toSeconds());
    assertThat(Answers.SHORTEST).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void a_name_that_is_not_there_is_said_so_and_a_failure_can_be_tried_again() throws IOException {
    rcode = Rcode.NXDOMAIN;
    upstream = List.of();
    assertThat(answer("api.example.org.", Type.A).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    rcode = Rcode.SERVFAIL;
    assertThat(answer("a.wild.example.", Type.A).getRcode()).isEqualTo(Rcode.SERVFAIL);
    rcode = Rcode.NOERROR;
    upstream = List.of("203.0.113.9");
    assertThat(addresses(answer("a.wild.example.", Type.A))).hasSize(1);
  }

  @Test
  void whatever_a_guest_sends_is_answered_or_not_and_nobody_is_asked_for_a_name_not_allowed()
      throws IOException {
    var random = new Random(17);
    var whole =
        Message.newQuery(Record.newRecord(Name.fromString("api.example.org."), Type.A, DClass.IN))
            .toWire();
    for (int i = 0; i < 50_000; i++) {
      var bytes = Arrays.copyOf(whole, random.nextInt(4) == 0 ? random.nextInt(60) : whole.length);
      for (int flips = 1 + random.nextInt(3); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      var answer = answers.to(bytes, MOST);
      assertThat(answer.map(a -> a.length).orElse(0)).isLessThanOrEqualTo(MOST);
    }
    assertThat(asked).allMatch(name -> name.startsWith("api.example.org "));
  }
}
