#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events.h"
#include "sys.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
// A command each of 256 control groups, and of 64 streams that have none.
#define MAX_LISTENERS 320
#define PROBE_MS 2000

static struct sock_filter programs[MAX_FILTERS][MAX_FILTER];
static struct sock_fprog filters[MAX_FILTERS];
static int reports[2] = {-1, -1};
static uint32_t features;
// Without it a signal takes a refused call back after it was counted: the number is then no number.
static unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

static struct listener {
  bool used, held;
  int fd;
  struct refused refused;
} listeners[MAX_LISTENERS];

void filter_set(uint8_t number, const uint8_t *program, uint16_t instructions) {
  memcpy(programs[number - 1], program, instructions * sizeof(struct sock_filter));
  filters[number - 1] = (struct sock_fprog){instructions, programs[number - 1]};
}

const struct sock_fprog *filter_get(uint8_t number) {
  return filters[number - 1].len ? &filters[number - 1] : NULL;
}

static int send_fd(int fd) {
  char byte = 0;
  struct iovec part = {&byte, 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(c), &fd, sizeof fd);
  return sendmsg(reports[1], &message, 0) == 1 ? 0 : -1;
}

static int receive_fd(void) {
  char byte;
  struct iovec part = {&byte, 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(reports[0], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) return -1;
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  if (!c || c->cmsg_type != SCM_RIGHTS) return -1;
  int fd;
  memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return fd;
}

int filter_enter(const struct sock_fprog *filter) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, filter);
  if (listener < 0) return -1;
  // Read back: what was asked for is not what counts.
  if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
    errno = EPERM;
    return -1;
  }
  return send_fd((int)listener);
}

// Answers one call that waits. Its number, or -1: it has gone.
static int64_t answer(int fd) {
  // The kernel may have more in it than our headers know.
  union {
    struct seccomp_notif request;
    char space[512];
  } from;
  union {
    struct seccomp_notif_resp response;
    char space[512];
  } to;
  memset(&from, 0, sizeof from);
  memset(&to, 0, sizeof to);
  if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &from.request) != 0) return -1;
  to.response.id = from.request.id;
  to.response.error = -EPERM;
  ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &to.response);
  return from.request.data.nr;
}

static void count(struct refused *r, uint32_t call) {
  for (uint16_t i = 0; i < r->count; i++) {
    if (r->calls[i].call == call) {
      r->calls[i].times++;
      return;
    }
  }
  if (r->count == MAX_REFUSED) {
    r->more = true;
    return;
  }
  r->calls[r->count].call = call;
  r->calls[r->count++].times = 1;
}

static void free_if_done(struct listener *l) {
  if (l->fd < 0 && !l->held) l->used = false;
}

static void hang_up(struct listener *l) {
  if (l->fd < 0) return;
  unwatch(l->fd);
  close(l->fd);
  l->fd = -1;
}

// 0 when the listener's last process is gone.
static int alive(const struct listener *l) {
  struct pollfd p = {.fd = l->fd};
  return l->fd >= 0 && (poll(&p, 1, 0) <= 0 || !(p.revents & POLLHUP));
}

int filter_listen(void) {
  int fd = receive_fd();
  if (fd < 0) return -1;
  for (int i = 0; i < MAX_LISTENERS; i++) {
    struct listener *l = &listeners[i];
    if (l->used) continue;
    if (watch(fd, EPOLLIN, i, FROM_FILTER) != 0) break;
    l->used = l->held = true;
    l->fd = fd;
    l->refused.count = 0;
    l->refused.more = false;
    return i;
  }
  close(fd);
  return -1;
}

void filter_event(int index) {
  struct listener *l = &listeners[index];
  if (l->fd < 0) return;
  struct pollfd p = {.fd = l->fd, .events = POLLIN};
  if (poll(&p, 1, 0) <= 0) return;
  if (p.revents & POLLIN) {
    int64_t call = answer(l->fd);
    if (call >= 0) count(&l->refused, (uint32_t)call);
  } else if (p.revents & (POLLHUP | POLLERR)) {
    hang_up(l);
    free_if_done(l);
  }
}

const struct refused *filter_refused(int index) {
  struct listener *l = &listeners[index];
  if (alive(l) || !(flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)) l->refused.more = true;
  return &l->refused;
}

void filter_release(int index) {
  if (index < 0) return;
  struct listener *l = &listeners[index];
  l->held = false;
  if (!alive(l)) hang_up(l);
  free_if_done(l);
}

// A child under a filter that refuses one call, as a command would be.
static bool works(void) {
  static struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kexec_load, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog probe = {sizeof code / sizeof *code, code};
  pid_t pid = fork();
  if (pid < 0) return false;
  if (pid == 0) {
    if (filter_enter(&probe) != 0) _exit(1);
    _exit(syscall(SYS_kexec_load, 0, 0, NULL, 0) == -1 && errno == EPERM ? 0 : 2);
  }
  struct pollfd report = {.fd = reports[0], .events = POLLIN};
  int fd = poll(&report, 1, PROBE_MS) == 1 ? receive_fd() : -1;
  struct pollfd call = {.fd = fd, .events = POLLIN};
  bool refused = fd >= 0 && poll(&call, 1, PROBE_MS) == 1 && answer(fd) == SYS_kexec_load;
  if (fd >= 0) close(fd);
  int status;
  return waitpid(pid, &status, 0) == pid && status == 0 && refused;
}

void filter_init(void) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports) != 0) die("socketpair", errno);
  bool worked = works();
  if (!worked) {
    // Kernels before 5.19 don't have the flag: counted, and marked as no exact number.
    flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
    worked = works();
  }
  if (worked) features = FEATURE_FILTERS;
}

uint32_t filter_features(void) { return features; }
