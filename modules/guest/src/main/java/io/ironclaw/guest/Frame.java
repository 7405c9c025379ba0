package io.ironclaw.guest;

/**
 * One frame. The payload is not copied: whoever makes a frame gives the array away.
 *
 * @param channel 0 = none or stdin, 1 = stdout, 2 = stderr
 * @param stream 0 = the connection itself
 */
@SuppressWarnings("ArrayRecordComponent") // a transfer object; never compared
record Frame(FrameType type, int channel, int stream, byte[] payload) {
  static final int HEADER_BYTES = ProtocolNumbers.FRAME_HEADER;
  static final int MAX_PAYLOAD = ProtocolNumbers.MAX_PAYLOAD;

  private static final byte[] NOTHING = {};

  static Frame of(FrameType type, int stream, byte[] payload) {
    return new Frame(type, 0, stream, payload);
  }

  static Frame empty(FrameType type, int channel, int stream) {
    return new Frame(type, channel, stream, NOTHING);
  }

  PayloadReader reader() {
    return new PayloadReader(type, payload);
  }
}
