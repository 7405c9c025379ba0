// Numbers of the guest protocol, version 2 (docs/guest-protocol.md).
#ifndef IRONCLAW_PROTOCOL_H
#define IRONCLAW_PROTOCOL_H

#define PROTOCOL_MAGIC 0x49524E43u
#define PROTOCOL_VERSION 2
#define AGENT_VERSION "0.1.0"

#define FRAME_HEADER 12u
#define MAX_PAYLOAD 65536u
#define MAX_STREAMS 64
#define INITIAL_WINDOW 1048576u
#define MAX_CREDIT (1u << 30)
#define MAX_ARGS 4096
#define MAX_PATH_BYTES 4095u
#define MAX_ENTRIES 65536u
#define MAX_UNSENT 262144u

enum frame_type {
  HELLO = 0x01,
  RENEW = 0x02,
  EXEC = 0x03,
  DATA = 0x04,
  END = 0x05,
  CREDIT = 0x06,
  SIGNAL = 0x07,
  RESIZE = 0x08,
  KILL = 0x09,
  READ_FILE = 0x0B,
  WRITE_FILE = 0x0C,
  LIST_FILES = 0x0D,
  PING = 0x10,
  SHUTDOWN = 0x11,
  CLOCK = 0x12,
  HELLO_REPLY = 0x81,
  RENEWED = 0x82,
  STARTED = 0x83,
  EXITED = 0x8A,
  RESULT = 0x8B,
  ERROR = 0x8E,
  PONG = 0x90,
};

enum { CHANNEL_IN = 0, CHANNEL_OUT = 1, CHANNEL_ERR = 2 };
enum { EXEC_PTY = 1, EXEC_STDIN = 2 };
enum { WRITE_PARENTS = 1, WRITE_APPEND = 2 };
// What HELLO_REPLY says is in force for commands, read back from the kernel.
enum { FEATURE_LIMITS = 1, FEATURE_KILL = 2, FEATURE_NAMESPACE = 4 };
enum { EXITED_OUT_OF_MEMORY = 1 };
enum { HOW_STATUS = 0, HOW_SIGNAL = 1, HOW_TIME_LIMIT = 2 };

#endif
