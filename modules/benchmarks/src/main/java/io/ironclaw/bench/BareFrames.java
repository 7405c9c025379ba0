package io.ironclaw.bench;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;

/** The few frames that the bare driver sends, encoded ahead (docs/guest-protocol.md). */
final class BareFrames {
  static final int HEADER = 12;
  static final int DATA = 0x04;
  static final int ERROR = 0x8e;
  static final int RENEWED = 0x82;
  static final int EXITED = 0x8a;

  private static final int HELLO = 0x01;
  private static final int RENEW = 0x02;
  private static final int EXEC = 0x03;
  private static final int MAGIC = 0x49524e43;
  private static final short VERSION = 4;
  private static final int ENTROPY_BYTES = 64;
  private static final int TIME_LIMIT_MS = 600_000;
  private static final List<String> ENV =
      List.of(
          "HOME=/root",
          "LANG=C.UTF-8",
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  private static final SecureRandom RANDOM = new SecureRandom();

  private BareFrames() {}

  /** HELLO and RENEW, back to back: the agent runs nothing before it has both. */
  static byte[] greeting(String hostname, int scratchMib) {
    var entropy = new byte[ENTROPY_BYTES];
    RANDOM.nextBytes(entropy);
    var now = Instant.now();
    var hello = ByteBuffer.allocate(20).putInt(MAGIC).putShort(VERSION).putShort(VERSION);
    hello.putLong(RANDOM.nextLong()).putInt(0);
    byte[] name = hostname.getBytes(StandardCharsets.UTF_8);
    var renew =
        ByteBuffer.allocate(8 + 4 + name.length + 4 + entropy.length + 4)
            .putLong(now.getEpochSecond() * 1_000_000_000L + now.getNano())
            .putInt(name.length)
            .put(name)
            .putInt(entropy.length)
            .put(entropy)
            .putInt(scratchMib);
    return join(frame(HELLO, 0, hello.array()), frame(RENEW, 0, renew.array()));
  }

  /** EXEC of a command as root with pipes, no stdin, and the environment that IronClaw gives. */
  static byte[] exec(int stream, String... argv) {
    var payload = new ByteArrayOutputStream();
    u32(payload, 0); // flags
    u32(payload, 0); // uid
    u32(payload, 0); // gid
    u32(payload, TIME_LIMIT_MS);
    u32(payload, 0); // clock: as it is
    u32(payload, 0);
    u16(payload, 0); // rows
    u16(payload, 0); // columns
    str(payload, "");
    u16(payload, argv.length);
    for (var arg : argv) {
      str(payload, arg);
    }
    u16(payload, ENV.size());
    for (var line : ENV) {
      str(payload, line);
    }
    payload.write(0); // no filter
    return frame(EXEC, stream, payload.toByteArray());
  }

  static byte[] join(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  private static byte[] frame(int type, int stream, byte[] payload) {
    return ByteBuffer.allocate(HEADER + payload.length)
        .putInt(payload.length)
        .putInt(stream)
        .put((byte) type)
        .put((byte) 0)
        .putShort((short) 0)
        .put(payload)
        .array();
  }

  private static void u16(ByteArrayOutputStream to, int value) {
    to.write(value >>> 8);
    to.write(value);
  }

  private static void u32(ByteArrayOutputStream to, int value) {
    u16(to, value >>> 16);
    u16(to, value);
  }

  private static void str(ByteArrayOutputStream to, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    u32(to, bytes.length);
    to.writeBytes(bytes);
  }
}
