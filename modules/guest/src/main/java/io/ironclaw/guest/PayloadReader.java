package io.ironclaw.guest;

import io.ironclaw.api.ProtocolException;
import java.nio.charset.StandardCharsets;

/** Takes a payload of the guest apart. Each read is checked; bytes left over are an error. */
final class PayloadReader {
  private final FrameType type;
  private final byte[] bytes;
  private int at;

  PayloadReader(FrameType type, byte[] bytes) {
    this.type = type;
    this.bytes = bytes;
  }

  int u8() throws ProtocolException {
    need(1, "an integer");
    return bytes[at++] & 0xff;
  }

  int u16() throws ProtocolException {
    return u8() << 8 | u8();
  }

  long u32() throws ProtocolException {
    return (long) u16() << 16 | u16();
  }

  long u64() throws ProtocolException {
    return u32() << 32 | u32();
  }

  /** A counted string of at most {@code most} bytes. */
  byte[] bytes(int most, String what) throws ProtocolException {
    long length = u32();
    if (length > most) {
      throw ProtocolException.field(type + " " + what + " length", "" + length, "0 to " + most);
    }
    need((int) length, what);
    var value = new byte[(int) length];
    System.arraycopy(bytes, at, value, 0, value.length);
    at += value.length;
    return value;
  }

  /** A counted string as text; what is no UTF-8 is replaced, for the guest may send anything. */
  String text(int most, String what) throws ProtocolException {
    return new String(bytes(most, what), StandardCharsets.UTF_8);
  }

  /** Every byte that is left. */
  byte[] rest() {
    var value = at == 0 ? bytes : java.util.Arrays.copyOfRange(bytes, at, bytes.length);
    at = bytes.length;
    return value;
  }

  void end() throws ProtocolException {
    if (at != bytes.length) {
      throw ProtocolException.field(
          type + " payload", bytes.length + " bytes", at + " bytes (its fields end there)");
    }
  }

  private void need(int count, String what) throws ProtocolException {
    if (count > bytes.length - at) {
      throw ProtocolException.field(
          type + " payload", bytes.length + " bytes", "at least " + (at + count) + " for " + what);
    }
  }
}
