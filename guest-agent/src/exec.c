#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cgroup.h"
#include "input.h"
#include "events.h"
#include "filter.h"
#include "out.h"
#include "pipes.h"
#include "spawn.h"
#include "sys.h"

// A clock that is off by less is nobody's concern.
#define CLOCK_SLACK_NS 1000000000u
#define PTY_DRAIN 65536u
// Output of this many bytes at once goes to the port without a copy.
#define BULK 16384

static bool prepare_needed = true;

static int index_of(const struct stream *s) { return (int)(s - streams); }

static int last_channel(const struct command *c) { return c->pty ? CHANNEL_OUT : CHANNEL_ERR; }

static void close_stream(struct stream *s) {
  input_release(s);
  pipes_close(index_of(s));
  cgroup_release(s->command.cgroup);
  filter_release(s->command.listener);
  stream_close(s);
  prepare_needed = true;
}

static void refuse(struct stream *s, int error, const char *what) {
  out_error(s->id, error, what);
  close_stream(s);
}

void exec_prepare(void) {
  if (!prepare_needed) return;
  prepare_needed = false;
  cgroup_prepare();
  if (open_streams != UINT64_MAX) pipes_prepare(__builtin_ctzll(~open_streams));
}

void exec_start(uint32_t id, const struct exec_request *r) {
  struct stream *s = stream_open(id, STREAM_EXEC);
  if (!s) {
    out_error(id, EMFILE, "64 streams are open");
    return;
  }
  int index = index_of(s);
  struct pipes *p = &pipes[index];
  struct command *c = &s->command;
  uint8_t *buffer = c->in_buffer;
  *c = (struct command){.in_buffer = buffer, .cgroup = -1, .listener = -1};
  c->pty = r->flags & EXEC_PTY;
  c->input = r->flags & EXEC_STDIN;
  c->watched[1] = c->watched[2] = true;

  bool ready = c->pty ? pipes_open_pty(index, r->rows, r->columns, r->uid, r->gid) : pipes_prepare(index);
  if (ready && c->input && !c->pty) ready = pipes_open_input(index);
  if (ready && (r->uid || r->gid)) ready = pipes_give(index, r->uid, r->gid);
  if (!ready) {
    refuse(s, errno, "pipes");
    return;
  }
  c->cgroup = cgroup_take();
  if (is_pid1 && c->cgroup < 0) {
    refuse(s, EAGAIN, "256 commands have left processes that still run; end some");
    return;
  }
  const struct sock_fprog *filter = r->filter ? filter_get(r->filter) : NULL;
  if (r->filter && !filter) {
    refuse(s, EINVAL, "the filter was never sent");
    return;
  }
  if (r->clock_ns) set_clock(r->clock_ns, CLOCK_SLACK_NS);
  struct spawn command = {
      .argv = (char **)r->argv,
      .envp = (char **)r->envp,
      .cwd = r->cwd,
      .uid = r->uid,
      .gid = r->gid,
      .in = c->pty ? p->theirs[1] : c->input ? p->theirs[0] : 0,
      .out = p->theirs[1],
      .err = c->pty ? p->theirs[1] : p->theirs[2],
      .terminal = c->pty,
      .cgroup = cgroup_fd(c->cgroup),
      .filter = filter,
  };
  c->started_ns = monotonic_ns();
  c->deadline_ns = r->limit_ms ? c->started_ns + r->limit_ms * 1000000ull : 0;
  pid_t pid = spawn(&command);
  if (filter) c->listener = filter_listen();
  if (pid >= 0 && filter && c->listener < 0) {
    kill(pid, SIGKILL);
    refuse(s, EAGAIN, "nobody could listen to its filter");
    return;
  }
  if (pid < 0) {
    char what[MAX_PATH_BYTES + 32];
    if (command.folder) put_text(put_text(what, "can't enter folder "), command.failed);
    refuse(s, command.error, command.folder ? what : command.failed);
    return;
  }
  c->pid = pid;
  if (p->theirs[0] >= 0) {
    close(p->theirs[0]);
    p->theirs[0] = -1;
  }
  out_u32(id, STARTED, 0, (uint32_t)pid);
}

static void send_exit(struct stream *s) {
  struct command *c = &s->command;
  uint8_t how = HOW_STATUS, code = (uint8_t)WEXITSTATUS(c->status);
  if (c->out_of_time) {
    how = HOW_TIME_LIMIT;
    code = SIGKILL;
  } else if (WIFSIGNALED(c->status)) {
    how = HOW_SIGNAL;
    code = (uint8_t)WTERMSIG(c->status);
  }
  const struct timeval *user = &c->usage.ru_utime, *system = &c->usage.ru_stime;
  // The group is asked where memory may be the reason: it is ended as a whole, with this signal.
  bool killed = code == SIGKILL && how != HOW_TIME_LIMIT && !c->killed;
  uint8_t flags = killed && cgroup_out_of_memory(c->cgroup) ? EXITED_OUT_OF_MEMORY : 0;
  static const struct refused none;
  const struct refused *refused = c->listener >= 0 ? filter_refused(c->listener) : &none;
  if (refused->more) flags |= EXITED_MORE_REFUSED;
  uint32_t length = 27 + 2 + 12u * refused->count;
  uint8_t *at = out_begin(length);
  at = put_u8(at, how);
  at = put_u8(at, code);
  at = put_u8(at, flags);
  at = put_u64(at, (c->ended_ns - c->started_ns) / 1000);
  at = put_u64(at, (uint64_t)(user->tv_sec + system->tv_sec) * 1000000 + (uint64_t)(user->tv_usec + system->tv_usec));
  at = put_u64(at, (uint64_t)c->usage.ru_maxrss);
  at = put_u16(at, refused->count);
  for (uint16_t i = 0; i < refused->count; i++) {
    at = put_u32(at, refused->calls[i].call);
    at = put_u64(at, refused->calls[i].times);
  }
  out_commit(length, s->id, EXITED, 0);
  close_stream(s);
}

static void set_watched(struct stream *s, int channel, bool on) {
  struct command *c = &s->command;
  if (c->watched[channel] == on) return;
  c->watched[channel] = on;
  uint32_t events = (on ? EPOLLIN : 0) | (c->pty && c->input_watched ? EPOLLOUT : 0);
  rewatch(pipes[index_of(s)].ours[channel], events, index_of(s), channel == CHANNEL_OUT ? FROM_OUT : FROM_ERR);
}

// One read from the command's output into the queue. False when there is nothing now, or no way on.
static bool pass_on(struct stream *s, int channel, uint32_t most) {
  uint32_t room = out_room();
  if (most > MAX_PAYLOAD) most = MAX_PAYLOAD;
  if (most > s->credit[channel]) most = s->credit[channel];
  if (most > room) most = room;
  if (most == 0) {
    set_watched(s, channel, false);
    return false;
  }
  int from = pipes[index_of(s)].ours[channel];
  if (s->command.bulk[channel]) {
    ssize_t moved = out_move(from, most, s->id, (uint8_t)channel);
    s->command.bulk[channel] = moved >= BULK;
    if (moved <= 0) return false;
    s->credit[channel] -= (uint32_t)moved;
    return true;
  }
  ssize_t n = read(from, out_begin(most), most);
  if (n <= 0) return false;
  s->command.bulk[channel] = n >= BULK && s->command.pid && !s->command.pty;
  out_commit((uint32_t)n, s->id, DATA, (uint8_t)channel);
  s->credit[channel] -= (uint32_t)n;
  if (s->command.pid == 0) s->command.left[channel] -= (uint32_t)n;
  return true;
}

// After the exit: what was in the pipes then, END of each, EXITED; may take several rounds of credit.
static void finish(struct stream *s) {
  struct command *c = &s->command;
  for (int channel = CHANNEL_OUT; channel <= last_channel(c); channel++) {
    while (!c->ended[channel] && c->left[channel] > 0) {
      bool blocked = s->credit[channel] == 0 || out_room() == 0;
      if (blocked && !c->killed) return;
      if (blocked || !pass_on(s, channel, c->left[channel])) break;
    }
    if (!c->ended[channel]) out_empty(s->id, END, (uint8_t)channel);
    c->ended[channel] = true;
  }
  send_exit(s);
}

void exec_exited(pid_t pid, int status, const struct rusage *usage) {
  for_each_stream(s) {
    struct command *c = &s->command;
    if (s->kind != STREAM_EXEC || c->pid != pid) continue;
    c->pid = 0;
    c->bulk[1] = c->bulk[2] = false;
    c->deadline_ns = 0;
    c->ended_ns = monotonic_ns();
    c->status = status;
    c->usage = *usage;
    for (int channel = CHANNEL_OUT; channel <= last_channel(c); channel++) {
      int unread = 0;
      if (c->pty) {
        unread = PTY_DRAIN;  // what a pty holds is only known by reading it
      } else {
        ioctl(pipes[index_of(s)].ours[channel], FIONREAD, &unread);
      }
      c->left[channel] = unread > 0 ? (uint32_t)unread : 0;
    }
    finish(s);
    return;
  }
}

void exec_readable(struct stream *s, int channel) {
  struct command *c = &s->command;
  if (c->pid == 0) {
    finish(s);
    if (s->kind == STREAM_EXEC) set_watched(s, channel, false);  // a survivor writes on, nobody reads
    return;
  }
  pass_on(s, channel, MAX_PAYLOAD);
}

void exec_resume(struct stream *s) {
  struct command *c = &s->command;
  if (c->pid == 0) {
    finish(s);
    return;
  }
  for (int channel = CHANNEL_OUT; channel <= last_channel(c); channel++) {
    if (!c->watched[channel] && s->credit[channel] && out_room()) set_watched(s, channel, true);
  }
}

static void kill_command(struct stream *s) {
  struct command *c = &s->command;
  cgroup_kill(c->cgroup);
  if (c->pid) kill(-c->pid, SIGKILL);  // also where it has left its control group
  if (c->pid) kill(c->pid, SIGKILL);
}

void exec_kill(struct stream *s) {
  s->command.killed = true;
  kill_command(s);
  if (s->command.pid == 0) finish(s);
}

void exec_fail(struct stream *s, int error, const char *what) {
  kill_command(s);
  refuse(s, error, what);
}

void exec_abandon(struct stream *s) {
  kill_command(s);
  close_stream(s);
}

const char *exec_signal(struct stream *s, uint8_t number) {
  if (number < 1 || number > 64) return "SIGNAL: not 1 to 64";
  if (s->command.pid) kill(-s->command.pid, number);
  return NULL;
}

const char *exec_resize(struct stream *s, uint16_t rows, uint16_t columns) {
  if (!s->command.pty) return "RESIZE of a command without a pty";
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  ioctl(pipes[index_of(s)].ours[1], TIOCSWINSZ, &size);
  return NULL;
}

uint64_t exec_deadlines(uint64_t now) {
  uint64_t next = 0;
  for_each_stream(s) {
    struct command *c = &s->command;
    if (s->kind != STREAM_EXEC || !c->deadline_ns) continue;
    if (c->deadline_ns <= now) {
      c->deadline_ns = 0;
      c->out_of_time = true;
      kill_command(s);
    } else if (!next || c->deadline_ns < next) {
      next = c->deadline_ns;
    }
  }
  return next;
}
