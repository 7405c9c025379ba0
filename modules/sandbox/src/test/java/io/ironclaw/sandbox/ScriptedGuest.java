package io.ironclaw.sandbox;

import io.ironclaw.guest.GuestAgent;
import io.ironclaw.guest.Watchdog;
import io.ironclaw.jail.Reading;
import io.ironclaw.jail.SeccompRecord;
import io.ironclaw.vm.Devices;
import io.ironclaw.vm.Machine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/** A machine whose guest answers HELLO and RENEW on a real socket, truly or not. */
final class ScriptedGuest implements Machine {
  /** How far its clock is off after it was set, and what it says its generator gave. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Script(
      Duration clockError,
      byte[] sample,
      int features,
      List<String> links,
      int root,
      Optional<String> name,
      Account account,
      Supplier<List<Reading>> confinement) {}

  /** What it should have. */
  static final Devices PLANNED =
      new Devices(
          List.of(), List.of(new Devices.Disk("root", true)), List.of("disk"), List.of("agent"));

  private static final int HELLO = 0x01;
  private static final int RENEW = 0x02;
  private static final int HELLO_REPLY = 0x81;
  private static final int RENEWED = 0x82;

  private final SocketChannel guestEnd;
  private final Script script;
  private final Watchdog watchdog = new Watchdog();
  private final GuestAgent agent;
  private volatile Optional<SeccompRecord> violation = Optional.empty();
  final CountDownLatch closed = new CountDownLatch(1);

  ScriptedGuest(Path dir, Script script) throws IOException {
    this.script = script;
    Path socket = dir.resolve("scripted.sock");
    var address = UnixDomainSocketAddress.of(socket);
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      guestEnd = SocketChannel.open(address);
      agent = GuestAgent.over("scripted", server.accept(), watchdog);
    }
    Files.delete(socket);
    Thread.ofVirtual().start(this::serve);
  }

  private void serve() {
    try (guestEnd) {
      var in = new DataInputStream(Channels.newInputStream(guestEnd));
      var out = new DataOutputStream(Channels.newOutputStream(guestEnd));
      while (true) {
        int length = in.readInt();
        in.readInt();
        int type = in.readByte();
        in.readByte();
        in.readShort();
        byte[] payload = in.readNBytes(length);
        var body = new java.io.ByteArrayOutputStream();
        var to = new DataOutputStream(body);
        if (type == HELLO) {
          to.writeInt(0x49524e43);
          to.writeShort(4);
          to.write(payload, 8, 8);
          to.writeInt(1);
          to.writeInt(script.features());
          text(to, "0".getBytes(StandardCharsets.UTF_8));
          frame(out, HELLO_REPLY, body.toByteArray());
        } else if (type == RENEW) {
          var fields = new DataInputStream(new java.io.ByteArrayInputStream(payload));
          fields.readLong();
          byte[] hostname = fields.readNBytes(fields.readInt());
          var clock = Instant.now().plus(script.clockError());
          to.writeLong(clock.getEpochSecond() * 1_000_000_000L + clock.getNano());
          text(to, script.sample());
          text(to, script.name().map(n -> n.getBytes(StandardCharsets.UTF_8)).orElse(hostname));
          to.writeShort(script.links().size());
          for (var link : script.links()) {
            text(to, link.getBytes(StandardCharsets.UTF_8));
          }
          to.writeByte(script.root());
          frame(out, RENEWED, body.toByteArray());
        }
      }
    } catch (IOException _) {
      // The host hung up.
    }
  }

  private static void text(DataOutputStream to, byte[] bytes) throws IOException {
    to.writeInt(bytes.length);
    to.write(bytes);
  }

  private static void frame(DataOutputStream out, int type, byte[] payload) throws IOException {
    var frame = new java.io.ByteArrayOutputStream();
    var to = new DataOutputStream(frame);
    to.writeInt(payload.length);
    to.writeInt(0);
    to.writeByte(type);
    to.writeByte(0);
    to.writeShort(0);
    to.write(payload);
    out.write(frame.toByteArray());
    out.flush();
  }

  @Override
  public GuestAgent agent() {
    return agent;
  }

  @Override
  public long pid() {
    return 0;
  }

  @Override
  public String consoleTail() {
    return "";
  }

  @Override
  public Account account() {
    return script.account();
  }

  @Override
  public Devices planned() {
    return PLANNED;
  }

  @Override
  public List<Reading> confinement() {
    return script.confinement().get();
  }

  @Override
  public OptionalInt awaitExit(Duration limit) {
    return violation.isPresent() ? OptionalInt.of(159) : OptionalInt.empty();
  }

  @Override
  public Optional<SeccompRecord> violation(int status) {
    return violation;
  }

  /** From now on, its hypervisor has been killed for a call. */
  void killedFor(SeccompRecord record) throws IOException {
    violation = Optional.of(record);
    guestEnd.close();
  }

  @Override
  public void close() {
    agent.close();
    watchdog.close();
    closed.countDown();
  }
}
