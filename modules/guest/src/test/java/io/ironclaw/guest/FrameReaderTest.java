package io.ironclaw.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ironclaw.api.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {
  private static byte[] header(long length, int type, int channel, int reserved) {
    return new PayloadWriter().u32(length).u32(7).u8(type).u8(channel).u16(reserved).bytes();
  }

  @ParameterizedTest
  @ValueSource(longs = {65_537, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL})
  void a_length_beyond_the_bound_is_refused_before_anything_is_read(long length) {
    assertThatThrownBy(() -> FakeGuest.readerOf(header(length, 0x04, 1, 0)).next())
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("frame length is " + length)
        .hasMessageContaining("0 to 65536");
  }

  @Test
  void the_longest_frame_is_read_whole() throws Exception {
    var bytes = new ByteArrayOutputStream();
    bytes.write(header(65_536, 0x04, 2, 0));
    bytes.write(new byte[65_536]);
    var frame = FakeGuest.readerOf(bytes.toByteArray()).next();
    assertThat(frame.payload()).hasSize(65_536);
    assertThat(frame.channel()).isEqualTo(2);
    assertThat(frame.stream()).isEqualTo(7);
  }

  @Test
  void an_unknown_type_channel_or_reserved_value_is_refused_by_name() {
    assertThatThrownBy(() -> FakeGuest.readerOf(header(0, 0x7f, 0, 0)).next())
        .hasMessageContaining("frame type is 0x7f");
    assertThatThrownBy(() -> FakeGuest.readerOf(header(0, 0x04, 3, 0)).next())
        .hasMessageContaining("frame channel is 3");
    assertThatThrownBy(() -> FakeGuest.readerOf(header(0, 0x04, 1, 9)).next())
        .hasMessageContaining("reserved header field is 9");
  }

  @Test
  void a_frame_that_is_cut_off_is_an_end_of_file_that_says_so() {
    var whole = header(10, 0x04, 1, 0);
    for (int cut = 1; cut < whole.length; cut++) {
      var part = Arrays.copyOf(whole, cut);
      assertThatThrownBy(() -> FakeGuest.readerOf(part).next())
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("cut off");
    }
    assertThatThrownBy(() -> FakeGuest.readerOf(new byte[0]).next())
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void frames_are_found_however_the_bytes_are_split() throws Exception {
    var random = new Random(1);
    for (int round = 0; round < 200; round++) {
      var bytes = new ByteArrayOutputStream();
      var writer = new FrameWriter(Channels.newChannel(bytes));
      int count = 1 + random.nextInt(8);
      var payloads = new byte[count][];
      for (int i = 0; i < count; i++) {
        payloads[i] = new byte[random.nextInt(random.nextBoolean() ? 40 : 65_537)];
        random.nextBytes(payloads[i]);
        writer.write(new Frame(FrameType.DATA, 1, i + 1, payloads[i]));
      }
      var reader = new FrameReader(new Dribble(bytes.toByteArray(), random));
      for (int i = 0; i < count; i++) {
        var frame = reader.next();
        assertThat(frame.stream()).isEqualTo(i + 1);
        assertThat(frame.payload()).isEqualTo(payloads[i]);
      }
    }
  }

  @Test
  void random_bytes_give_frames_or_typed_errors_and_nothing_else() {
    var random = new Random(2);
    for (int round = 0; round < 3_000; round++) {
      var bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length > 4 && random.nextBoolean()) {
        Arrays.fill(bytes, 0, 3, (byte) 0);
      }
      var reader = FakeGuest.readerOf(bytes);
      try {
        while (true) {
          assertThat(reader.next().payload().length).isLessThanOrEqualTo(bytes.length);
        }
      } catch (EOFException | ProtocolException expected) {
        assertThat(expected.getMessage()).isNotBlank();
      } catch (IOException e) {
        throw new AssertionError("untyped error", e);
      }
    }
  }

  /** Gives a few bytes at a time. */
  private static final class Dribble implements ReadableByteChannel {
    private final ByteBuffer bytes;
    private final Random random;

    Dribble(byte[] bytes, Random random) {
      this.bytes = ByteBuffer.wrap(bytes);
      this.random = random;
    }

    @Override
    public int read(ByteBuffer to) {
      if (!bytes.hasRemaining()) {
        return -1;
      }
      int most = Math.min(bytes.remaining(), to.remaining());
      int count = 1 + random.nextInt(Math.min(most, random.nextBoolean() ? 3 : most));
      to.put(bytes.slice(bytes.position(), count));
      bytes.position(bytes.position() + count);
      return count;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
