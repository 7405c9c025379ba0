// Numbers of the guest protocol (docs/guest-protocol.md). Made by scripts/protocol.sh of protocol.table.
#ifndef IRONCLAW_PROTOCOL_H
#define IRONCLAW_PROTOCOL_H

#define AGENT_VERSION "0.1.0"
#define MAX_UNSENT 262144u

#define PROTOCOL_VERSION 4
#define PROTOCOL_MAGIC 0x49524E43u
#define FRAME_HEADER 12u
#define MAX_PAYLOAD 65536u
#define MAX_STREAMS 64
#define MAX_GUEST_STREAMS 32
#define GUEST_STREAM 0x80000000u
#define INITIAL_WINDOW 1048576u
#define MAX_CREDIT 1073741824u
#define MAX_ARGS 4096
#define MAX_PATH_BYTES 4095u
#define MAX_ENTRIES 65536u
#define MAX_LINKS 64
#define MAX_FILTERS 4
#define MAX_FILTER 4096
#define MAX_REFUSED 64
#define OFFER_GUEST_STREAMS 1
#define FEATURE_LIMITS 1
#define FEATURE_KILL 2
#define FEATURE_NAMESPACE 4
#define FEATURE_GUEST_STREAMS 8
#define FEATURE_FILTERS 16
#define CHANNEL_IN 0
#define CHANNEL_OUT 1
#define CHANNEL_ERR 2
#define EXEC_PTY 1
#define EXEC_STDIN 2
#define WRITE_PARENTS 1
#define WRITE_APPEND 2
#define EXITED_OUT_OF_MEMORY 1
#define EXITED_MORE_REFUSED 2
#define HOW_STATUS 0
#define HOW_SIGNAL 1
#define HOW_TIME_LIMIT 2
#define ROOT_NONE 0
#define ROOT_WRITABLE 1
#define ROOT_READ_ONLY 2

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
  LISTEN = 0x0E,
  PING = 0x10,
  SHUTDOWN = 0x11,
  CLOCK = 0x12,
  FILTER = 0x13,
  HELLO_REPLY = 0x81,
  RENEWED = 0x82,
  STARTED = 0x83,
  OPEN = 0x84,
  EXITED = 0x8A,
  RESULT = 0x8B,
  ERROR = 0x8E,
  PONG = 0x90,
};

#endif
