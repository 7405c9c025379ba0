#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "events.h"
#include "protocol.h"

struct pipes pipes[MAX_STREAMS];

void pipes_init(void) {
  for (int i = 0; i < MAX_STREAMS; i++) {
    for (int c = 0; c < 3; c++) pipes[i].ours[c] = pipes[i].theirs[c] = -1;
  }
}

static void close_one(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

// A pipe as large as a window: fewer switches between the command and the agent. Without it, it works too.
static void enlarge(int fd) { (void)!fcntl(fd, F_SETPIPE_SZ, INITIAL_WINDOW); }

static bool nonblocking(int fd) { return fcntl(fd, F_SETFL, O_NONBLOCK) == 0; }

static bool output(int index, int channel) {
  struct pipes *p = &pipes[index];
  if (p->ours[channel] >= 0) return true;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  enlarge(ends[0]);
  p->ours[channel] = ends[0];
  p->theirs[channel] = ends[1];
  return nonblocking(ends[0]) && watch(ends[0], EPOLLIN, index, channel == CHANNEL_OUT ? FROM_OUT : FROM_ERR) == 0;
}

bool pipes_prepare(int index) { return output(index, CHANNEL_OUT) && output(index, CHANNEL_ERR); }

bool pipes_open_input(int index) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  enlarge(ends[0]);
  pipes[index].theirs[0] = ends[0];
  pipes[index].ours[0] = ends[1];
  return nonblocking(ends[1]);
}

bool pipes_open_pty(int index, uint16_t rows, uint16_t columns, uint32_t uid, uint32_t gid) {
  pipes_close(index);  // prepared pipes are not used
  struct pipes *p = &pipes[index];
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  int unlocked = 0;
  p->ours[1] = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (p->ours[1] < 0 || ioctl(p->ours[1], TIOCSPTLCK, &unlocked) != 0) return false;
  p->theirs[1] = ioctl(p->ours[1], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (p->theirs[1] < 0) return false;
  if (ioctl(p->theirs[1], TIOCSWINSZ, &size) != 0) return false;
  if ((uid || gid) && fchown(p->theirs[1], uid, (gid_t)-1) != 0) return false;
  return watch(p->ours[1], EPOLLIN, index, FROM_OUT) == 0;
}

bool pipes_give(int index, uint32_t uid, uint32_t gid) {
  for (int c = 0; c < 3; c++) {
    int fd = pipes[index].theirs[c];
    if (fd >= 0 && fchown(fd, uid, gid) != 0) return false;
  }
  return true;
}

void pipes_close_input(int index) {
  close_one(&pipes[index].theirs[0]);
  close_one(&pipes[index].ours[0]);
}

void pipes_close(int index) {
  for (int c = 0; c < 3; c++) {
    close_one(&pipes[index].ours[c]);
    close_one(&pipes[index].theirs[c]);
  }
}
