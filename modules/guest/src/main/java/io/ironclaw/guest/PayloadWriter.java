package io.ironclaw.guest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Builds a payload: big endian integers and counted strings. */
final class PayloadWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);

  PayloadWriter u8(int value) {
    bytes.write(value);
    return this;
  }

  PayloadWriter u16(int value) {
    return u8(value >>> 8).u8(value);
  }

  PayloadWriter u32(long value) {
    return u16((int) (value >>> 16)).u16((int) value);
  }

  PayloadWriter u64(long value) {
    return u32(value >>> 32).u32(value);
  }

  PayloadWriter str(String value) {
    return str(value.getBytes(StandardCharsets.UTF_8));
  }

  PayloadWriter str(byte[] value) {
    u32(value.length);
    bytes.writeBytes(value);
    return this;
  }

  /** As they are, without their number. */
  PayloadWriter raw(byte[] value) {
    bytes.writeBytes(value);
    return this;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
