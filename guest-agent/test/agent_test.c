// Drives the agent as an ordinary process over a socket pair: no VM, no mounts, the real loop.
#include <errno.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "frame.h"

#define DEADLINE_MS 20000

static const char *agent;
static char self[PATH_MAX];
static char folder[] = "/tmp/ironclaw-test-XXXXXX";
static int channel;
static pid_t process;
static uint8_t buffer[1 << 20];
static size_t buffered;

struct message {
  struct frame f;
  uint8_t payload[MAX_PAYLOAD];
};
static struct message m;

static void begin(void) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) exit(2);
  buffered = 0;
  process = fork();
  if (process == 0) {
    dup2(pair[1], 9);
    close_range(3, 8, 0);  // the agent owns no descriptors of whoever runs the tests
    close_range(10, ~0u, 0);
    execl(agent, agent, "--fd", "9", (char *)NULL);
    _exit(127);
  }
  close(pair[1]);
  channel = pair[0];
}

// An agent that listens, as on vsock; `take` connects to it as the next host.
static struct sockaddr_un place = {.sun_family = AF_UNIX};

static void begin_listening(void) {
  snprintf(place.sun_path, sizeof place.sun_path, "%s/host", folder);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, (struct sockaddr *)&place, sizeof place) != 0 || listen(fd, 4) != 0) exit(2);
  process = fork();
  if (process == 0) {
    dup2(fd, 9);
    close_range(3, 8, 0);
    close_range(10, ~0u, 0);
    execl(agent, agent, "--listener", "9", (char *)NULL);
    _exit(127);
  }
  close(fd);
}

static void take(void) {
  buffered = 0;
  channel = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(channel, (struct sockaddr *)&place, sizeof place) != 0) exit(2);
}

static int finish(void) {
  int status = 0;
  close(channel);
  waitpid(process, &status, 0);
  return status;
}

static void raw(const void *bytes, size_t n) {
  for (size_t at = 0; at < n;) {
    ssize_t w = send(channel, (const char *)bytes + at, n - at, MSG_NOSIGNAL);
    if (w <= 0) return;
    at += (size_t)w;
  }
}

static void frame(uint32_t stream, uint8_t type, uint8_t ch, const void *payload, uint32_t n) {
  static uint8_t out[MAX_PAYLOAD + FRAME_HEADER];
  put_header(out, n, stream, type, ch);
  if (n) memcpy(out + FRAME_HEADER, payload, n);
  raw(out, n + FRAME_HEADER);
}

// The next frame in `m`; false at the end of the connection.
static bool next(void) {
  for (;;) {
    if (buffered >= FRAME_HEADER) {
      uint32_t n = (uint32_t)buffer[0] << 24 | (uint32_t)buffer[1] << 16 | (uint32_t)buffer[2] << 8 | buffer[3];
      if (n > MAX_PAYLOAD) {
        CHECK(!"a frame within the bounds");
        exit(1);
      }
      if (buffered >= FRAME_HEADER + n) {
        m.f.length = n;
        m.f.stream = (uint32_t)buffer[4] << 24 | (uint32_t)buffer[5] << 16 | (uint32_t)buffer[6] << 8 | buffer[7];
        m.f.type = buffer[8];
        m.f.channel = buffer[9];
        memcpy(m.payload, buffer + FRAME_HEADER, n);
        buffered -= FRAME_HEADER + n;
        memmove(buffer, buffer + FRAME_HEADER + n, buffered);
        return true;
      }
    }
    struct pollfd wait = {.fd = channel, .events = POLLIN};
    if (poll(&wait, 1, DEADLINE_MS) != 1) {
      CHECK(!"an answer before the deadline");
      exit(1);
    }
    ssize_t n = recv(channel, buffer + buffered, sizeof buffer - buffered, 0);
    if (n <= 0) return false;
    buffered += (size_t)n;
  }
}

static uint32_t offers;

static void hello(void) {
  uint8_t p[20];
  put_u32(put_u64(put_u16(put_u16(put_u32(p, PROTOCOL_MAGIC), 1), PROTOCOL_VERSION), 42), offers);
  frame(0, HELLO, 0, p, sizeof p);
  CHECK(next() && m.f.type == HELLO_REPLY && m.payload[13] == 42);
}

static void renew(void) {
  uint8_t p[128], entropy[32] = {1};
  uint8_t *at = put_str(put_str(put_u64(p, 1795475000000000000u), "vm-1", 4), entropy, sizeof entropy);
  frame(0, RENEW, 0, p, (uint32_t)(put_u32(at, 0) - p));
  CHECK(next() && m.f.type == RENEWED);
}

static void ready(void) {
  begin();
  hello();
  renew();
}

static uint8_t filter;  // that commands run under

static void run(uint32_t stream, uint32_t flags, uint32_t limit_ms, const char *command) {
  static uint8_t p[MAX_PAYLOAD];
  uint8_t *at = put_u32(put_u32(put_u32(put_u32(p, flags), 0), 0), limit_ms);
  at = put_str(put_u16(put_u16(put_u64(at, 0), 24), 80), folder, (uint32_t)strlen(folder));
  if (command[0] == '=') {  // one word, no shell
    at = put_str(put_u16(at, 1), command + 1, (uint32_t)strlen(command + 1));
  } else {
    at = put_str(put_str(put_str(put_u16(at, 3), "sh", 2), "-c", 2), command, (uint32_t)strlen(command));
  }
  at = put_u8(put_str(put_u16(at, 1), "PATH=/usr/bin:/bin", 18), filter);
  frame(stream, EXEC, 0, p, (uint32_t)(at - p));
}

static void credit(uint32_t stream, uint8_t ch, uint32_t bytes) {
  uint8_t p[4];
  put_u32(p, bytes);
  frame(stream, CREDIT, ch, p, 4);
}

// Collects one command to its EXITED; `give` returns credit.
static char text[3][4096];
static uint64_t total[3];
static int how, code, order, exit_flags;
static uint64_t refused[512];  // by the number of the call

static uint64_t number_of(const uint8_t *at, int size) {
  uint64_t value = 0;
  while (size--) value = value << 8 | *at++;
  return value;
}

static void collect(uint32_t stream, bool give) {
  memset(text, 0, sizeof text);
  total[1] = total[2] = 0;
  how = code = -1;
  memset(refused, 0, sizeof refused);
  order = 0;
  while (next()) {
    CHECK(m.f.stream == stream);
    if (m.f.type == DATA) {
      uint64_t had = total[m.f.channel];
      for (uint32_t i = 0; i < m.f.length && had + i < sizeof text[0] - 1; i++) text[m.f.channel][had + i] = (char)m.payload[i];
      total[m.f.channel] += m.f.length;
      if (give) credit(stream, m.f.channel, m.f.length);
      CHECK(order == 1);
    } else if (m.f.type == STARTED) {
      CHECK(order == 0);
      order = 1;
    } else if (m.f.type == EXITED) {
      uint32_t kinds = (uint32_t)number_of(m.payload + 27, 2);
      CHECK(m.f.length == 29 + 12 * kinds);
      how = m.payload[0];
      code = m.payload[1];
      exit_flags = m.payload[2];
      for (uint32_t i = 0; i < kinds; i++) {
        refused[number_of(m.payload + 29 + 12 * i, 4) % 512] = number_of(m.payload + 33 + 12 * i, 8);
      }
      return;
    } else if (m.f.type == ERROR) {
      code = m.payload[3];
      return;
    }
  }
}

// The reason alone: the host knows what it asked for.
static bool message_is(const char *why) {
  return m.f.length == 8 + strlen(why) && memcmp(m.payload + 8, why, strlen(why)) == 0;
}

static void expect_violation(const char *why) {
  while (next()) {
    if (m.f.type == ERROR && m.f.stream == 0) {
      m.payload[m.f.length] = 0;
      if (!strstr((char *)m.payload + 8, why)) fprintf(stderr, "got: %s, expected: %s\n", m.payload + 8, why);
      CHECK(strstr((char *)m.payload + 8, why));
      CHECK(!next());
      int status = finish();
      CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
      return;
    }
  }
  CHECK(!"an ERROR on stream 0");
  finish();
}

static void a_command_reports_its_status_and_both_outputs(void) {
  ready();
  run(1, 0, 0, "echo out; echo err >&2; exit 7");
  collect(1, true);
  CHECK(how == 0 && code == 7 && !strcmp(text[1], "out\n") && !strcmp(text[2], "err\n"));
  run(2, 0, 0, "kill -11 $$");
  collect(2, true);
  CHECK(how == 1 && code == 11);
  finish();
}

static void a_command_that_cannot_start_is_an_error_with_its_errno(void) {
  ready();
  run(1, 0, 0, "=nosuchcommand");
  collect(1, true);
  CHECK(m.f.type == ERROR && code == ENOENT);
  CHECK(message_is("No such file or directory"));
  run(2, 0, 0, "=/etc/passwd");
  collect(2, true);
  CHECK(m.f.type == ERROR && code == EACCES);
  finish();
}

static void a_folder_that_is_wrong_is_named(void) {
  ready();
  char saved[sizeof folder];
  memcpy(saved, folder, sizeof folder);
  folder[5] = '!';
  run(1, 0, 0, "true");
  collect(1, true);
  CHECK(m.f.type == ERROR && code == ENOENT);
  m.payload[m.f.length] = 0;
  CHECK(strstr((char *)m.payload + 8, "can't enter folder /tmp/!"));
  memcpy(folder, saved, sizeof folder);
  finish();
}

static void a_command_sees_clean_signals_descriptors_and_session(void) {
  ready();
  run(1, 0, 0, "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'; ls /proc/self/fd | tr '\\n' ' '; umask; cut -d' ' -f6 /proc/$$/stat; echo $$");
  collect(1, true);
  unsigned long long blocked = 1, ignored = ~0ull;
  sscanf(text[1], "SigBlk:%16llxSigIgn:%16llx", &blocked, &ignored);
  CHECK(blocked == 0 && (ignored & 0x7fffffff) == 0);  // 32 and 33 belong to the C library of the caller
  CHECK(strstr(text[1], "0 1 2 3 0022\n"));
  int session = 0, self = 1;
  sscanf(strstr(text[1], "0022\n") ? strstr(text[1], "0022\n") + 5 : "", "%d\n%d", &session, &self);
  CHECK(session == self);
  finish();
}

static void a_time_limit_ends_the_command(void) {
  ready();
  run(1, 0, 50, "exec sleep 100");
  collect(1, true);
  CHECK(how == 2 && code == 9);
  finish();
}

static void kill_ends_the_command(void) {
  ready();
  run(1, 0, 0, "echo go; sleep 100");
  while (next() && m.f.type != DATA) continue;
  order = 1;
  frame(1, KILL, 0, NULL, 0);
  while (next() && m.f.type != EXITED) continue;
  CHECK(m.payload[0] == 1 && m.payload[1] == 9);
  frame(1, KILL, 0, NULL, 0);  // crossed: dropped
  run(2, 0, 0, "true");
  collect(2, true);
  CHECK(how == 0 && code == 0);
  finish();
}

static void output_stops_at_the_credit_and_goes_on_with_it(void) {
  ready();
  run(1, 0, 0, "head -c 1600000 /dev/zero");
  uint64_t got = 0;
  while (got < INITIAL_WINDOW && next()) {
    if (m.f.type == DATA) got += m.f.length;
  }
  CHECK(got == INITIAL_WINDOW);
  uint8_t token[8] = {0};
  frame(0, PING, 0, token, 8);
  CHECK(next() && m.f.type == PONG);  // and no DATA before it
  credit(1, 1, 1 << 20);
  order = 1;
  while (next() && m.f.type != EXITED) {
    if (m.f.type == DATA) got += m.f.length;
  }
  CHECK(got == 1600000);
  finish();
}

// Large output goes pipe to pipe to channel by another way than small output, and both mix here.
static void output_arrives_whole_whatever_its_size(void) {
  static const int counts[] = {1, 1000, 3000, 4000, 11000, 12000, 13000, 30000, 100000, 200000};
  ready();
  for (uint32_t round = 1; round <= 40; round++) {
    int last = counts[round % 10] + (int)round;
    char script[64];
    snprintf(script, sizeof script, round % 3 ? "seq 1 %d" : "seq 1 %d | cat", last);
    run(round, 0, 0, script);
    int number = 0;
    char line[16] = "";
    const char *expected = line;
    bool right = true;
    while (next() && m.f.type != EXITED) {
      if (m.f.type != DATA) continue;
      for (uint32_t i = 0; i < m.f.length; i++) {
        if (!*expected) {
          snprintf(line, sizeof line, "%d\n", ++number);
          expected = line;
        }
        right = right && m.payload[i] == (uint8_t)*expected++;
      }
      credit(round, 1, m.f.length);
    }
    CHECK(right && number == last && !*expected);
  }
  finish();
}

static void a_survivor_that_holds_the_pipe_does_not_hold_the_stream(void) {
  ready();
  run(1, 0, 5000, "sleep 100 & echo started");
  collect(1, true);
  CHECK(how == 0 && !strcmp(text[1], "started\n"));
  finish();
}

static void stdin_reaches_the_command_and_ends(void) {
  ready();
  static uint8_t block[50000];
  run(1, EXEC_STDIN, 0, "wc -c");
  for (int i = 0; i < 5; i++) frame(1, DATA, 0, block, sizeof block);
  frame(1, END, 0, NULL, 0);
  char *at;
  order = 0;
  memset(text, 0, sizeof text);
  do {
    if (!next()) break;
    if (m.f.type == DATA) memcpy(text[1], m.payload, m.f.length);
  } while (m.f.type != EXITED);
  CHECK(strtol(text[1], &at, 10) == 250000);
  finish();
}

static void stdin_that_nobody_reads_does_not_block_the_agent(void) {
  ready();
  static uint8_t block[65536];
  run(1, EXEC_STDIN, 0, "exec sleep 100");
  for (int i = 0; i < 4; i++) frame(1, DATA, 0, block, sizeof block);
  uint8_t token[8] = {0};
  frame(0, PING, 0, token, 8);
  do {
    CHECK(next());
  } while (m.f.type != PONG);
  frame(1, KILL, 0, NULL, 0);
  while (next() && m.f.type != EXITED) continue;
  CHECK(m.payload[0] == 1);
  finish();
}

static void a_pty_is_a_terminal_of_the_given_size(void) {
  ready();
  run(1, EXEC_PTY, 0, "stty size; tty -s && echo terminal");
  collect(1, true);
  CHECK(strstr(text[1], "24 80") && strstr(text[1], "terminal") && total[2] == 0);
  finish();
}

static void write_request(uint32_t stream, const char *name, uint8_t flags) {
  char path[256];
  static uint8_t p[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  uint8_t *at = put_str(p, path, (uint32_t)strlen(path));
  at = put_u8(put_u32(put_u32(put_u32(at, 0640), 0), 0), flags);
  frame(stream, WRITE_FILE, 0, p, (uint32_t)(at - p));
}

static void a_file_is_written_whole_or_not_at_all(void) {
  ready();
  write_request(1, "new/deep/file", WRITE_PARENTS);
  frame(1, DATA, 0, "hello", 5);
  frame(1, END, 0, NULL, 0);
  CHECK(next() && m.f.type == RESULT && m.payload[7] == 5);
  write_request(2, "new/deep/other", 0);
  frame(2, DATA, 0, "half", 4);
  frame(2, KILL, 0, NULL, 0);
  CHECK(next() && m.f.type == ERROR && m.payload[3] == ECANCELED);
  write_request(3, "new/deep/file", WRITE_APPEND);
  frame(3, DATA, 0, " there", 6);
  frame(3, END, 0, NULL, 0);
  CHECK(next() && m.f.type == RESULT);
  run(4, 0, 0, "ls -A new/deep; cat new/deep/file; stat -c %a new/deep/file");
  collect(4, true);
  CHECK(!strcmp(text[1], "file\nhello there640\n"));
  finish();
}

static void a_file_reads_back_from_an_offset(void) {
  ready();
  run(1, 0, 0, "printf 0123456789 >digits; ln -s digits link; mkdir -p d");
  collect(1, true);
  char path[256];
  uint8_t p[512];
  snprintf(path, sizeof path, "%s/digits", folder);
  frame(2, READ_FILE, 0, p, (uint32_t)(put_u64(put_u64(put_str(p, path, (uint32_t)strlen(path)), 2), 5) - p));
  CHECK(next() && m.f.type == DATA && m.f.channel == 1 && m.f.length == 5 && !memcmp(m.payload, "23456", 5));
  CHECK(next() && m.f.type == END && m.f.channel == 1);
  CHECK(next() && m.f.type == RESULT && m.payload[7] == 10);
  frame(3, READ_FILE, 0, p, (uint32_t)(put_u64(put_u64(put_str(p, folder, (uint32_t)strlen(folder)), 0), 0) - p));
  CHECK(next() && m.f.type == ERROR && m.payload[3] == EISDIR);
  CHECK(message_is("Is a directory"));
  frame(4, LIST_FILES, 0, p, (uint32_t)(put_u32(put_str(p, folder, (uint32_t)strlen(folder)), 1) - p));
  CHECK(next() && m.f.type == DATA);
  CHECK(next() && m.f.type == END);
  CHECK(next() && m.f.type == RESULT && m.payload[7] >= 3);
  finish();
}

static void requests_before_renew_are_refused(void) {
  begin();
  hello();
  run(1, 0, 0, "true");
  CHECK(next() && m.f.type == ERROR && m.f.stream == 1 && m.payload[3] == EPERM);
  finish();
}

static void hello_forgets_every_stream(void) {
  ready();
  run(1, 0, 0, "echo go; exec sleep 100");
  while (next() && m.f.type != DATA) continue;
  hello();
  renew();
  run(1, 0, 0, "echo again");
  collect(1, true);
  CHECK(how == 0 && !strcmp(text[1], "again\n"));
  finish();
}

static void the_65th_stream_is_refused(void) {
  ready();
  for (uint32_t i = 1; i <= 64; i++) {
    write_request(i, "many", 0);
  }
  write_request(65, "many", 0);
  CHECK(next() && m.f.type == ERROR && m.f.stream == 65 && m.payload[3] == EMFILE);
  finish();
}

// Connects to a listener of the agent's; the stream that the agent opens for it is in `m`.
static int connect_to(uint16_t port, uint32_t listener) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(connect(peer, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(next() && m.f.type == OPEN && (m.f.stream & GUEST_STREAM) && m.f.length == 4 && m.payload[3] == listener);
  return peer;
}

static uint16_t listening(uint32_t stream) {
  uint8_t any[2] = {0};
  frame(stream, LISTEN, 0, any, 2);
  CHECK(next() && m.f.type == STARTED && m.f.stream == stream);
  return (uint16_t)(m.payload[2] << 8 | m.payload[3]);
}

static void a_connection_to_a_listener_is_a_stream_that_the_guest_opens(void) {
  offers = OFFER_GUEST_STREAMS;
  ready();
  uint16_t port = listening(7);
  int peer = connect_to(port, 7);
  uint32_t id = m.f.stream;
  CHECK(write(peer, "ask", 3) == 3);
  CHECK(next() && m.f.type == DATA && m.f.stream == id && m.f.channel == 1 && !memcmp(m.payload, "ask", 3));
  frame(id, DATA, 0, "answer", 6);
  char got[16];
  CHECK(recv(peer, got, 6, MSG_WAITALL) == 6 && !memcmp(got, "answer", 6));
  frame(id, END, 0, NULL, 0);
  CHECK(recv(peer, got, 1, 0) == 0);  // half closed: the other way goes on
  CHECK(write(peer, "!", 1) == 1);
  CHECK(next() && m.f.type == DATA && m.payload[0] == '!');
  close(peer);
  CHECK(next() && m.f.type == END && m.f.stream == id && m.f.channel == 1);
  frame(id, KILL, 0, NULL, 0);  // it has ended, so this crossed: dropped
  int other = connect_to(port, 7);
  CHECK(m.f.stream == id + 1);
  frame(id + 1, KILL, 0, NULL, 0);
  CHECK(next() && m.f.type == ERROR && m.f.stream == id + 1 && m.payload[3] == ECANCELED);
  CHECK(recv(other, got, 1, 0) <= 0);
  close(other);
  frame(7, KILL, 0, NULL, 0);
  CHECK(next() && m.f.type == ERROR && m.f.stream == 7 && m.payload[3] == ECANCELED);
  run(8, 0, 0, "true");
  collect(8, true);
  CHECK(how == 0);
  finish();
  offers = 0;
}

static void a_guests_stream_is_bound_by_credit_both_ways(void) {
  offers = OFFER_GUEST_STREAMS;
  ready();
  uint16_t port = listening(1);
  int peer = connect_to(port, 1);
  uint32_t id = m.f.stream;
  fcntl(peer, F_SETFL, O_NONBLOCK);
  static uint8_t block[65536];
  uint64_t sent = 0, got = 0;
  while (got < INITIAL_WINDOW) {
    ssize_t n = sent < 3 * INITIAL_WINDOW ? write(peer, block, sizeof block) : -1;
    if (n > 0) sent += (uint64_t)n;
    CHECK(next() && m.f.type == DATA && m.f.stream == id);
    got += m.f.length;
  }
  CHECK(got == INITIAL_WINDOW);
  CHECK(sent > got || write(peer, block, 1) == 1);  // more waits than there is credit for
  uint8_t token[8] = {0};
  frame(0, PING, 0, token, 8);
  CHECK(next() && m.f.type == PONG);  // and no DATA before it
  credit(id, 1, 65536);
  CHECK(next() && m.f.type == DATA);
  // A peer that reads nothing: the agent holds a window for it, and no more is legal.
  for (int i = 0; i < 16; i++) frame(id, DATA, 0, block, sizeof block);
  frame(0, PING, 0, token, 8);
  bool pong = false;
  while (!pong && next()) pong = m.f.type == PONG;
  CHECK(pong);
  fcntl(peer, F_SETFL, 0);
  for (uint64_t taken = 0; taken < INITIAL_WINDOW;) {
    ssize_t n = recv(peer, block, sizeof block, 0);
    CHECK(n > 0);
    if (n <= 0) break;
    taken += (uint64_t)n;
  }
  close(peer);
  finish();
  ready();
  peer = connect_to(listening(1), 1);
  for (int i = 0; i < 400; i++) frame(m.f.stream, DATA, 0, block, sizeof block);  // more than two sockets hold, and a window
  expect_violation("beyond the credit");
  close(peer);
  offers = 0;
}

static void a_host_that_takes_no_streams_gets_none(void) {
  ready();
  uint8_t any[2] = {0};
  frame(1, LISTEN, 0, any, 2);
  expect_violation("takes no streams");
  offers = OFFER_GUEST_STREAMS;
  ready();
  frame(GUEST_STREAM | 1, LISTEN, 0, any, 2);
  expect_violation("number of the guest's");
  ready();
  uint16_t port = listening(1);
  int peers[MAX_GUEST_STREAMS];
  for (int i = 0; i < MAX_GUEST_STREAMS; i++) peers[i] = connect_to(port, 1);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int refused = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char c;
  CHECK(connect(refused, (struct sockaddr *)&address, sizeof address) == 0 && recv(refused, &c, 1, 0) <= 0);
  close(refused);
  for (int i = 0; i < MAX_GUEST_STREAMS; i++) close(peers[i]);
  finish();
  offers = 0;
}

static void broken_frames_end_the_connection(void) {
  uint8_t h[FRAME_HEADER];
  begin();
  raw("GET / HTTP/1.1\r\n\r\n", 18);
  expect_violation("longer than 65536");
  begin();
  put_header(h, 0xffffffffu, 1, DATA, 0);
  raw(h, sizeof h);
  expect_violation("longer than 65536");
  begin();
  frame(0, PING, 0, "12345678", 8);
  expect_violation("not HELLO");
  ready();
  frame(1, 0x7f, 0, NULL, 0);
  expect_violation("unknown frame type");
  ready();
  frame(1, EXEC, 0, "\xff\xff", 2);
  expect_violation("EXEC");
  ready();
  write_request(1, "a", 0);
  write_request(1, "b", 0);
  expect_violation("open stream");
}

static void data_beyond_the_credit_ends_the_connection(void) {
  ready();
  static uint8_t block[65536];
  run(1, EXEC_STDIN, 0, "exec sleep 100");
  for (int i = 0; i < 34; i++) frame(1, DATA, 0, block, sizeof block);  // a pipe holds one window, a buffer another
  expect_violation("beyond the credit");
  ready();
  run(1, 0, 0, "exec sleep 100");
  credit(1, 1, MAX_CREDIT);
  expect_violation("credit");
  ready();
  run(1, 0, 0, "exec sleep 100");
  frame(1, DATA, 0, "x", 1);
  expect_violation("without stdin");
}

static void set_filter(const uint32_t *calls, int n) {
  uint8_t p[3 + 8 * 64], *at = put_u16(put_u8(p, 1), (uint16_t)(n + 3));
  struct sock_filter load = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), one;
  memcpy(at, &load, 8);
  at += 8;
  for (int i = 0; i < n; i++, at += 8) {
    one = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], (uint8_t)(n - i), 0);
    memcpy(at, &one, 8);
  }
  one = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  memcpy(at, &one, 8);
  one = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  memcpy(at + 8, &one, 8);
  frame(0, FILTER, 0, p, (uint32_t)(at + 16 - p));
}

static void ready_under_a_filter(void) {
  static const uint32_t calls[] = {SYS_mkdir, SYS_mkdirat, SYS_kexec_load};
  ready();
  set_filter(calls, 3);
  filter = 1;
}

static void what_a_filter_refuses_fails_with_eperm_and_is_counted(void) {
  ready_under_a_filter();
  run(1, 0, 0, "mkdir one; mkdir two; echo $?; grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status");
  collect(1, true);
  CHECK(how == HOW_STATUS && code == 0 && strstr(text[1], "1\nNoNewPrivs:\t1\nSeccomp:\t2\n"));
  CHECK(strstr(text[2], "Operation not permitted"));
  CHECK(refused[SYS_mkdir] + refused[SYS_mkdirat] == 2 && exit_flags == 0);
  filter = 0;
  run(2, 0, 0, "mkdir one && rmdir one && grep Seccomp: /proc/self/status");
  collect(2, true);
  CHECK(code == 0 && !strcmp(text[1], "Seccomp:\t0\n") && refused[SYS_mkdir] == 0);
  finish();
}

static void every_one_of_a_flood_is_counted(void) {
  char command[4200];
  ready_under_a_filter();
  // Signals that interrupt the calls must not make one of them two.
  snprintf(command, sizeof command, "%s flood 20000", self);
  run(1, 0, 0, command);
  collect(1, true);
  CHECK(code == 0 && refused[SYS_kexec_load] == 20000 && exit_flags == 0);
  filter = 0;
  finish();
}

static void a_survivor_is_answered_and_the_number_is_said_to_be_none(void) {
  ready_under_a_filter();
  run(1, 0, 0, "mkfifo fifo; mkdir a; (read x <fifo; mkdir b; mkdir c; echo $? >said) >/dev/null 2>&1 & echo here");
  collect(1, true);
  CHECK(code == 0 && refused[SYS_mkdir] + refused[SYS_mkdirat] == 1 && exit_flags == EXITED_MORE_REFUSED);
  filter = 0;
  run(2, 0, 0, "echo go >fifo; while ! [ -s said ]; do sleep 0.01; done; cat said; rm said fifo");
  collect(2, true);
  CHECK(!strcmp(text[1], "1\n"));
  finish();
}

static void a_filter_that_was_never_sent_is_refused(void) {
  ready();
  filter = 3;
  run(1, 0, 0, "echo no");
  collect(1, true);
  CHECK(code == EINVAL && message_is("the filter was never sent: Invalid argument"));
  filter = 5;
  run(2, 0, 0, "echo no");
  expect_violation("bad filter");
  filter = 0;
}

static void on_alarm(int number) { (void)number; }

// As a command: so many calls that are refused, interrupted now and then.
static int flood(long n) {
  struct sigaction act = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  struct itimerval often = {{0, 700}, {0, 700}};
  sigaction(SIGALRM, &act, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (long i = 0; i < n; i++) {
    if (syscall(SYS_kexec_load, 0, 0, NULL, 0) != -1 || errno != EPERM) return 1;
  }
  return 0;
}

static void one_host_after_the_other_is_served(void) {
  begin_listening();
  for (int i = 0; i < 3; i++) {
    take();
    hello();
    renew();
    run(1, 0, 0, "echo one");
    collect(1, true);
    CHECK(code == 0 && strcmp(text[1], "one\n") == 0);
    // The next finds nothing of it: neither half a frame nor a command.
    run(3, 0, 0, "sleep 1000");
    raw("\0\0\0", 3);
    close(channel);
  }
  take();
  hello();
  renew();
  int old = channel;
  // A host that was cut off without a word does not keep the next one away.
  take();
  hello();
  renew();
  run(1, 0, 0, "echo two");
  collect(1, true);
  CHECK(code == 0 && strcmp(text[1], "two\n") == 0);
  char byte;
  CHECK(read(old, &byte, 1) == 0);
  close(old);
  kill(process, SIGKILL);
  finish();
  unlink(place.sun_path);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "flood") == 0) return flood(atol(argv[2]));
  if (argc < 3) return 2;
  if (!realpath(argv[0], self)) return 2;
  agent = argv[2];
  for (int i = 1; i < 65; i++) signal(i, SIG_DFL);  // timeout(1) and others leave some ignored
  if (!mkdtemp(folder)) return 2;
  a_command_reports_its_status_and_both_outputs();
  a_command_that_cannot_start_is_an_error_with_its_errno();
  a_folder_that_is_wrong_is_named();
  a_command_sees_clean_signals_descriptors_and_session();
  a_time_limit_ends_the_command();
  kill_ends_the_command();
  output_stops_at_the_credit_and_goes_on_with_it();
  output_arrives_whole_whatever_its_size();
  a_survivor_that_holds_the_pipe_does_not_hold_the_stream();
  stdin_reaches_the_command_and_ends();
  stdin_that_nobody_reads_does_not_block_the_agent();
  a_pty_is_a_terminal_of_the_given_size();
  a_file_is_written_whole_or_not_at_all();
  a_file_reads_back_from_an_offset();
  requests_before_renew_are_refused();
  one_host_after_the_other_is_served();
  hello_forgets_every_stream();
  the_65th_stream_is_refused();
  a_connection_to_a_listener_is_a_stream_that_the_guest_opens();
  a_guests_stream_is_bound_by_credit_both_ways();
  a_host_that_takes_no_streams_gets_none();
  broken_frames_end_the_connection();
  data_beyond_the_credit_ends_the_connection();
  what_a_filter_refuses_fails_with_eperm_and_is_counted();
  every_one_of_a_flood_is_counted();
  a_survivor_is_answered_and_the_number_is_said_to_be_none();
  a_filter_that_was_never_sent_is_refused();
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  if (system(command) != 0) return 2;
  return report("agent_test");
}
