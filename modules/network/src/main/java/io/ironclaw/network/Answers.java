package io.ironclaw.network;

import io.ironclaw.api.EgressRule;
import io.ironclaw.api.EgressRule.Destination;
import io.ironclaw.api.IpBlock;
import io.ironclaw.api.IpBlock.Family;
import io.ironclaw.api.Network;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * What a guest is answered when it asks for a name: the addresses of names that a rule allows, and
 * nothing else of anybody's. A question is never passed on: one of our own is asked, for an allowed
 * name alone, so names are no way out. An address goes into the firewall's set before the guest
 * hears of it, for as long as it may be used. Safe for many threads.
 */
final class Answers {
  /** A guest may use an answer for so long, whatever its zone says. */
  static final Duration SHORTEST = Duration.ofSeconds(30);

  static final Duration LONGEST = Duration.ofHours(1);

  /** An address stays open a little longer than its name's answer holds. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private static final int MOST_ADDRESSES = 32;
  private static final int MOST_KNOWN = 1_024;

  private final Network.Tap network;
  private final Question upstream;
  private final Learning learning;
  private final Denial denial;

  /** Answers that still hold, by type and name. */
  private final Map<String, Known> known = new LinkedHashMap<>();

  private record Known(List<IpBlock> addresses, int rcode, long until) {}

  /** Asks somebody else. */
  @FunctionalInterface
  interface Question {
    Message of(String name, int type) throws IOException;
  }

  /** Lets a guest reach addresses. */
  @FunctionalInterface
  interface Learning {
    /**
     * Opens them.
     *
     * @param sets what goes into which set of the firewall
     */
    void learn(Map<String, List<IpBlock>> sets, Duration until) throws IOException;
  }

  /** Hears of names that no rule allows. */
  @FunctionalInterface
  interface Denial {
    void denied(String name);
  }

  Answers(Network.Tap network, Question upstream, Learning learning, Denial denial) {
    this.network = network;
    this.upstream = upstream;
    this.learning = learning;
    this.denial = denial;
  }

  /**
   * The answer to what a guest has sent.
   *
   * @return empty if it is no question that can be answered
   */
  Optional<byte[]> to(byte[] asked, int most) {
    Message question;
    try {
      question = new Message(ByteBuffer.wrap(asked));
    } catch (IOException | RuntimeException _) {
      // What a parser makes of a guest's bytes: not even its number can be trusted.
      return Optional.empty();
    }
    var header = question.getHeader();
    if (header.getFlag(Flags.QR)) {
      return Optional.empty();
    }
    var record = Optional.ofNullable(question.getQuestion());
    if (header.getOpcode() != Opcode.QUERY
        || header.getCount(Section.QUESTION) != 1
        || record.isEmpty()
        || record.get().getDClass() != DClass.IN) {
      return Optional.of(reply(header, record, Rcode.NOTIMP, List.of(), 0).toWire(most));
    }
    return Optional.of(answer(header, record.get()).toWire(most));
  }

  private Message answer(Header header, Record question) {
    var asked = Optional.of(question);
    var name = name(question.getName());
    if (name.isEmpty() || matching(name.get()).isEmpty()) {
      denial.denied(name.orElse("what is no name of a host"));
      return reply(header, asked, Rcode.REFUSED, List.of(), 0);
    }
    int type = question.getType();
    boolean isAddress = type == Type.A || type == Type.AAAA && network.hasIpv6();
    if (!isAddress) {
      // There is the name, and nothing of this type: what a guest needs to go on with A.
      return reply(header, asked, Rcode.NOERROR, List.of(), 0);
    }
    try {
      var found = find(name.get(), type);
      long left = Math.max(1, (found.until - System.nanoTime()) / 1_000_000_000L);
      return reply(header, asked, found.rcode, found.addresses, left);
    } catch (IOException _) {
      // Nobody answers, or the firewall does not take the address: the guest can try again.
      return reply(header, asked, Rcode.SERVFAIL, List.of(), 0);
    }
  }

  /** A name of a host in lower case; its dots are dots, not characters of a label. */
  private static Optional<String> name(Name name) {
    var labels = new ArrayList<String>();
    for (int i = 0; i < name.labels() - 1; i++) {
      labels.add(name.getLabelString(i).toLowerCase(Locale.ROOT));
    }
    var text = String.join(".", labels);
    boolean plain = labels.stream().noneMatch(label -> label.indexOf('.') >= 0 || label.isEmpty());
    return plain && text.matches("[a-z0-9._-]{1,253}") ? Optional.of(text) : Optional.empty();
  }

  /** Numbers of the rules that allow a name; none if one denies it. */
  private List<Integer> matching(String name) {
    boolean denied =
        network.deny().stream()
            .anyMatch(rule ->
                rule.to() instanceof Destination.Name to
                    && rule.protocol() == EgressRule.Protocol.ANY
                    && to.matches(name));
    return denied
        ? List.of()
        : IntStream.rangeClosed(1, network.allow().size())
            .filter(number ->
                network.allow().get(number - 1).to() instanceof Destination.Name to
                    && to.matches(name))
            .boxed()
            .toList();
  }

  private Known find(String name, int type) throws IOException {
    String key = type + " " + name;
    synchronized (known) {
      var there = Optional.ofNullable(known.get(key));
      if (there.isPresent() && there.get().until - System.nanoTime() > 0) {
        return there.get();
      }
    }
    var answer = upstream.of(name, type);
    int rcode = answer.getRcode() == Rcode.NXDOMAIN ? Rcode.NXDOMAIN : Rcode.NOERROR;
    if (answer.getRcode() != rcode) {
      throw new IOException("answered with " + Rcode.string(answer.getRcode()));
    }
    var addresses = new ArrayList<IpBlock>();
    long seconds = LONGEST.toSeconds();
    for (var record : answer.getSection(Section.ANSWER)) {
      seconds = Math.min(seconds, record.getTTL());
      var address = address(record, type);
      if (address.isPresent()
          && addresses.size() < MOST_ADDRESSES
          && (isPublic(address.get()) || isMeant(address.get()))) {
        addresses.add(address.get());
      }
    }
    var holds = Duration.ofSeconds(Math.max(SHORTEST.toSeconds(), seconds));
    learn(name, addresses, holds);
    var found = new Known(List.copyOf(addresses), rcode, System.nanoTime() + holds.toNanos());
    synchronized (known) {
      if (known.size() >= MOST_KNOWN) {
        known.remove(known.keySet().iterator().next());
      }
      known.put(key, found);
    }
    return found;
  }

  private static Optional<IpBlock> address(Record record, int type) {
    return switch (record) {
      case ARecord a when type == Type.A -> block(a.getAddress());
      case AAAARecord a when type == Type.AAAA -> block(a.getAddress());
      default -> Optional.empty();
    };
  }

  private static Optional<IpBlock> block(InetAddress address) {
    return Optional.of(IpBlock.of(address));
  }

  /** What a name leads to is never this host, its neighbours or its provider. */
  private static boolean isPublic(IpBlock address) {
    return !SpecialRanges.contain(address);
  }

  /** Unless a rule names the address: then that rule says what may be done with it. */
  private boolean isMeant(IpBlock address) {
    return network.allow().stream()
        .anyMatch(rule ->
            rule.to() instanceof Destination.Block(IpBlock block)
                && SpecialRanges.contain(block)
                && block.contains(address));
  }

  private void learn(String name, List<IpBlock> addresses, Duration holds) throws IOException {
    var sets = new TreeMap<String, List<IpBlock>>();
    for (int rule : matching(name)) {
      for (var family : Family.values()) {
        var those = addresses.stream().filter(a -> a.family() == family && isPublic(a)).toList();
        if (!those.isEmpty()) {
          sets.put(Firewall.learnt(rule, family), those);
        }
      }
    }
    if (!sets.isEmpty()) {
      learning.learn(sets, holds.plus(GRACE));
    }
  }

  private static Message reply(
      Header asked, Optional<Record> question, int rcode, List<IpBlock> addresses, long seconds) {
    var reply = new Message(asked.getID());
    var header = reply.getHeader();
    header.setFlag(Flags.QR);
    header.setFlag(Flags.RA);
    if (asked.getFlag(Flags.RD)) {
      header.setFlag(Flags.RD);
    }
    header.setRcode(rcode);
    if (question.isPresent()) {
      reply.addRecord(question.get(), Section.QUESTION);
      var name = question.get().getName();
      for (var address : addresses) {
        reply.addRecord(
            address.family() == Family.IPV4
                ? new ARecord(name, DClass.IN, seconds, address.address())
                : new AAAARecord(name, DClass.IN, seconds, address.address()),
            Section.ANSWER);
      }
    }
    return reply;
  }
}
