package io.ironclaw.guest;

/**
 * The numbers of the guest protocol (docs/guest-protocol.md). Made by scripts/protocol.sh of
 * guest-agent/protocol.table.
 */
final class ProtocolNumbers {
  static final int PROTOCOL_VERSION = 4;
  static final int PROTOCOL_MAGIC = 0x49524e43;
  static final int FRAME_HEADER = 12;
  static final int MAX_PAYLOAD = 65536;
  static final int MAX_STREAMS = 64;
  static final int MAX_GUEST_STREAMS = 32;
  static final int GUEST_STREAM = 0x80000000;
  static final int INITIAL_WINDOW = 1048576;
  static final int MAX_CREDIT = 1073741824;
  static final int MAX_ARGS = 4096;
  static final int MAX_PATH_BYTES = 4095;
  static final int MAX_ENTRIES = 65536;
  static final int MAX_LINKS = 64;
  static final int MAX_ADDRESSES = 2;
  static final int MAX_PROBES = 32;
  static final int MAX_PROBE = 1514;
  static final int VSOCK_PORT = 1024;
  static final int MAX_FILTERS = 4;
  static final int MAX_FILTER = 4096;
  static final int MAX_REFUSED = 64;
  static final int OFFER_GUEST_STREAMS = 1;
  static final int FEATURE_LIMITS = 1;
  static final int FEATURE_KILL = 2;
  static final int FEATURE_NAMESPACE = 4;
  static final int FEATURE_GUEST_STREAMS = 8;
  static final int FEATURE_FILTERS = 16;
  static final int FEATURE_NETWORK = 32;
  static final int CHANNEL_IN = 0;
  static final int CHANNEL_OUT = 1;
  static final int CHANNEL_ERR = 2;
  static final int EXEC_PTY = 1;
  static final int EXEC_STDIN = 2;
  static final int WRITE_PARENTS = 1;
  static final int WRITE_APPEND = 2;
  static final int EXITED_OUT_OF_MEMORY = 1;
  static final int EXITED_MORE_REFUSED = 2;
  static final int HOW_STATUS = 0;
  static final int HOW_SIGNAL = 1;
  static final int HOW_TIME_LIMIT = 2;
  static final int ROOT_NONE = 0;
  static final int ROOT_WRITABLE = 1;
  static final int ROOT_READ_ONLY = 2;

  private ProtocolNumbers() {}
}
