#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "sys.h"

#define ROOT "/sys/fs/cgroup"
#define MAX_SLOTS 256
#define AGENT_MIB 16

static int work = -1;
static int made;
static struct slot {
  int dir, events;
  enum { IDLE, BUSY, DIRTY } state;  // DIRTY: its command ended, but maybe not all of its processes
} slots[MAX_SLOTS];

void cgroups_init(void) {
  if (write_text(ROOT "/cgroup.subtree_control", "+memory +pids") != 0) {
    note("no cgroup controllers: commands are not bounded");
  }
  if (mkdir(ROOT "/work", 0755) != 0 && errno != EEXIST) {
    note("no cgroup v2: commands are killed by process group");
    return;
  }
  work = open(ROOT "/work", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct sysinfo info;
  if (work < 0 || sysinfo(&info) != 0) die("cgroup work", errno);
  // What the booted kernel has left, not what the machine has: the limit must bite before the kernel runs dry.
  uint64_t mib = info.freeram * info.mem_unit >> 20;
  char text[24];
  put_number(text, (mib > 2 * AGENT_MIB ? mib - AGENT_MIB : AGENT_MIB) << 20);
  if (write_text_at(work, "memory.max", text) != 0) note("memory.max is not set");
  uint64_t pids = mib < 128 ? 128 : mib > 4096 ? 4096 : mib;  // about 1 MiB each
  put_number(text, pids);
  if (write_text_at(work, "pids.max", text) != 0) note("pids.max is not set");
  cgroup_prepare();
}

static bool is_empty(struct slot *s) {
  char text[64];
  ssize_t n = pread(s->events, text, sizeof text - 1, 0);
  if (n <= 0) return false;
  text[n] = 0;
  return strstr(text, "populated 0") != NULL;
}

static int free_slot(void) {
  for (int i = 0; i < made; i++) {
    if (slots[i].state == DIRTY && is_empty(&slots[i])) slots[i].state = IDLE;
    if (slots[i].state == IDLE) return i;
  }
  if (work < 0 || made == MAX_SLOTS) return -1;
  char name[24];
  put_text(put_number(put_text(name, "e"), (uint64_t)made), "");
  if (mkdirat(work, name, 0755) != 0 && errno != EEXIST) return -1;
  struct slot *s = &slots[made];
  s->dir = openat(work, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  s->events = s->dir < 0 ? -1 : openat(s->dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
  if (s->events < 0) {
    if (s->dir >= 0) close(s->dir);
    return -1;
  }
  s->state = IDLE;
  return made++;
}

void cgroup_prepare(void) { free_slot(); }

int cgroup_take(void) {
  for (int i = 0; i < made; i++) {
    if (slots[i].state == IDLE) {
      slots[i].state = BUSY;
      return i;
    }
  }
  int i = free_slot();
  if (i >= 0) slots[i].state = BUSY;
  return i;
}

int cgroup_fd(int slot) { return slot < 0 ? -1 : slots[slot].dir; }

void cgroup_release(int slot) {
  if (slot >= 0) slots[slot].state = DIRTY;
}

bool cgroup_kill(int slot) { return slot >= 0 && write_text_at(slots[slot].dir, "cgroup.kill", "1") == 0; }

void cgroup_kill_all(void) {
  bool used = false;
  for (int i = 0; i < made; i++) used |= slots[i].state != IDLE;
  if (used) write_text_at(work, "cgroup.kill", "1");
}
