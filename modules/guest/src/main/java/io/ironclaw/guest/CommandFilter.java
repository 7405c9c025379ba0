package io.ironclaw.guest;

/**
 * A system call filter for commands, as the agent takes it: an array of struct sock_filter.
 *
 * @param number 1 to 4: the agent keeps one program of each number
 * @param program of at most 4,096 instructions of 8 bytes each
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the codec; never compared
public record CommandFilter(int number, byte[] program) {
  private static final int INSTRUCTION = 8;

  public CommandFilter {
    if (number < 1
        || number > ProtocolNumbers.MAX_FILTERS
        || program.length == 0
        || program.length % INSTRUCTION != 0
        || program.length / INSTRUCTION > ProtocolNumbers.MAX_FILTER) {
      throw new IllegalArgumentException(
          "filter " + number + " of " + program.length + " bytes: no filter that a guest takes");
    }
  }

  byte[] payload() {
    return new PayloadWriter().u8(number).u16(program.length / INSTRUCTION).raw(program).bytes();
  }
}
