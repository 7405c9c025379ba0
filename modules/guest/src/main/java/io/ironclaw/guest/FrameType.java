package io.ironclaw.guest;

import io.ironclaw.api.ProtocolException;
import org.jspecify.annotations.Nullable;

/**
 * The frames, with their codes; docs/guest-protocol.md has their payloads. Made by
 * scripts/protocol.sh of guest-agent/protocol.table.
 */
public enum FrameType {
  HELLO(0x01),
  RENEW(0x02),
  EXEC(0x03),
  DATA(0x04),
  END(0x05),
  CREDIT(0x06),
  SIGNAL(0x07),
  RESIZE(0x08),
  KILL(0x09),
  READ_FILE(0x0b),
  WRITE_FILE(0x0c),
  LIST_FILES(0x0d),
  LISTEN(0x0e),
  PING(0x10),
  SHUTDOWN(0x11),
  CLOCK(0x12),
  FILTER(0x13),
  NETWORK(0x14),
  PROBE(0x15),
  HELLO_REPLY(0x81),
  RENEWED(0x82),
  STARTED(0x83),
  OPEN(0x84),
  EXITED(0x8a),
  RESULT(0x8b),
  ERROR(0x8e),
  PONG(0x90),
  NETWORK_UP(0x94),
  PROBED(0x95);

  private static final @Nullable FrameType[] BY_CODE = new @Nullable FrameType[256];

  static {
    for (var type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;

  FrameType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  /**
   * @throws ProtocolException if no frame has this code
   */
  static FrameType of(int code) throws ProtocolException {
    @Nullable FrameType type = BY_CODE[code & 0xff];
    if (type == null) {
      throw ProtocolException.field("frame type", "0x%02x".formatted(code & 0xff), "a known type");
    }
    return type;
  }
}
