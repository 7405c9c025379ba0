package io.ironclaw.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.ironclaw.api.GuestRefusedException;
import io.ironclaw.api.IpBlock;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The host side against the byte-exact vectors that the guest agent is tested against too. */
class VectorsTest {
  private static final Path FILE = Path.of("../../guest-agent/test/vectors.txt");

  private static final CommandFilter FILTER =
      new CommandFilter(2, HexFormat.of().parseHex("2000000000000000060000000000ff7f"));

  private static Map<String, byte[]> vectors() throws Exception {
    var vectors = new LinkedHashMap<String, byte[]>();
    for (var line : Files.readAllLines(FILE)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        int bar = line.indexOf('|');
        vectors.put(
            line.substring(0, bar).strip(),
            HexFormat.of().parseHex(line.substring(bar + 1).strip()));
      }
    }
    return vectors;
  }

  private static Frame frame(String name) throws Exception {
    return FakeGuest.readerOf(vectors().getOrDefault(name, new byte[0])).next();
  }

  @Test
  void every_vector_is_read_and_written_back_byte_for_byte() throws Exception {
    var vectors = vectors();
    assertThat(vectors).hasSizeGreaterThan(25);
    for (var vector : vectors.entrySet()) {
      var reader = FakeGuest.readerOf(vector.getValue());
      var out = new ByteArrayOutputStream();
      new FrameWriter(Channels.newChannel(out)).write(reader.next());
      assertThat(out.toByteArray()).as(vector.getKey()).isEqualTo(vector.getValue());
    }
  }

  @Test
  void what_is_read_by_its_place_in_a_list_has_the_number_of_the_table() {
    var hows = List.of(GuestCommand.How.values());
    assertThat(hows.indexOf(GuestCommand.How.STATUS)).isEqualTo(ProtocolNumbers.HOW_STATUS);
    assertThat(hows.indexOf(GuestCommand.How.SIGNAL)).isEqualTo(ProtocolNumbers.HOW_SIGNAL);
    assertThat(hows.indexOf(GuestCommand.How.TIME_LIMIT)).isEqualTo(ProtocolNumbers.HOW_TIME_LIMIT);
    var roots = List.of(Renewed.Root.values());
    assertThat(roots.indexOf(Renewed.Root.NONE)).isEqualTo(ProtocolNumbers.ROOT_NONE);
    assertThat(roots.indexOf(Renewed.Root.WRITABLE)).isEqualTo(ProtocolNumbers.ROOT_WRITABLE);
    assertThat(roots.indexOf(Renewed.Root.READ_ONLY)).isEqualTo(ProtocolNumbers.ROOT_READ_ONLY);
  }

  @Test
  void every_frame_type_has_a_vector() throws Exception {
    var types = new java.util.HashSet<FrameType>();
    for (var vector : vectors().values()) {
      types.add(FakeGuest.readerOf(vector).next().type());
    }
    assertThat(types).containsExactlyInAnyOrder(FrameType.values());
  }

  @Test
  void what_the_host_builds_is_what_the_vectors_say() throws Exception {
    var renew = frame("renew");
    long nanos = renew.reader().u64();
    assertThat(
            new Renewal("vm-7f3a", renumbered(renew), 256)
                .payload(Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L)))
        .isEqualTo(renew.payload());
    assertThat(
            new ExecRequest(
                    List.of("sh", "-c", "printf \"é\"", ""),
                    List.of("PATH=/bin", "EMPTY="),
                    "/work",
                    1000,
                    1001,
                    30_000,
                    true,
                    Optional.empty(),
                    Optional.of(FILTER))
                .payload(Instant.ofEpochSecond(1_795_475_000L, 123_456_789)))
        .isEqualTo(frame("exec").payload());
    assertThat(
            new ExecRequest(
                    List.of("bash"),
                    List.of(),
                    "",
                    0,
                    0,
                    0,
                    true,
                    Optional.of(new ExecRequest.Terminal(24, 80)),
                    Optional.empty())
                .payload(Instant.EPOCH))
        .isEqualTo(frame("exec_pty").payload());
    assertThat(FILTER.payload()).isEqualTo(frame("filter").payload());
    assertThat(
            new GuestNetwork(
                    1_500,
                    "02:69:63:00:00:01",
                    List.of(
                        new GuestNetwork.Address(
                            IpBlock.of("198.18.0.14"), 30, IpBlock.of("198.18.0.13")),
                        new GuestNetwork.Address(
                            IpBlock.of("fd69:726f:6e63:2::2"),
                            64,
                            IpBlock.of("fd69:726f:6e63:2::1"))))
                .payload())
        .isEqualTo(frame("network").payload());
    assertThat(GuestMessage.of(frame("network_up"))).isEqualTo(new GuestMessage.NetworkUp());
    assertThat(GuestMessage.of(frame("probed"))).isEqualTo(new GuestMessage.Probed(31));
    assertThat(new PayloadWriter().u16(3_128).bytes()).isEqualTo(frame("listen").payload());
    assertThat(new PayloadWriter().str("/etc/ü").u64(1L << 33).u64(4_096).bytes())
        .isEqualTo(frame("read_file").payload());
  }

  private static byte[] renumbered(Frame renew) throws Exception {
    var reader = renew.reader();
    reader.u64();
    reader.text(64, "hostname");
    return reader.bytes(512, "entropy");
  }

  @Test
  void what_the_guest_says_is_understood_as_the_vectors_mean_it() throws Exception {
    var renewed = (GuestMessage.RenewReply) GuestMessage.of(frame("renewed"));
    assertThat(renewed.hostname()).isEqualTo("vm-7f3a");
    assertThat(renewed.links()).containsExactly("lo");
    assertThat(renewed.root()).isEqualTo(Renewed.Root.READ_ONLY);
    assertThat(((GuestMessage.Open) GuestMessage.of(frame("open"))).listener()).isEqualTo(7);
    assertThat(renewed.sample()).isEqualTo("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    var exit = ((GuestMessage.Exited) GuestMessage.of(frame("exited_status"))).exit();
    assertThat(exit.refused()).containsExactlyInAnyOrderEntriesOf(Map.of(165, 3L, 246, 1L << 33));
    assertThat(exit.moreRefused()).isFalse();
    var killed = ((GuestMessage.Exited) GuestMessage.of(frame("exited_signal"))).exit();
    assertThat(killed.moreRefused()).isTrue();
    assertThat(killed.outOfMemory()).isTrue();
    var refusal = ((GuestMessage.Failure) GuestMessage.of(frame("error"))).of("x");
    assertThat(refusal.errno()).isEqualTo(GuestRefusedException.ENOENT);
    assertThat(refusal).hasMessage("x: No such file or directory");
    var entries =
        FileListing.read(new ByteArrayInputStream(frame("list_data").payload()), 10, "list");
    assertThat(entries)
        .extracting(e -> e.kind() + " " + e.target().orElse("-"))
        .containsExactly("- -", "l a.txt");
    assertThat(entries.getLast().name()).isEqualTo("\ufffd\ufffd");
  }
}
