#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "protocol.h"
#include "sys.h"

#define ROOT "/sys/fs/cgroup"
#define MAX_SLOTS 256
#define AGENT_MIB 16

// A command that mostly waits for its own pages to be read again gets nowhere, and the kernel does not end
// it as long as it can still throw such pages away: so many major faults in each of so many looks.
#define LOOK_NS 250000000u
#define THRASH_FAULTS 16
#define THRASH_LOOKS 4

static int root = -1, work = -1, memory_stat = -1, memory_current = -1, events = -1;
static uint64_t memory_max;
static uint32_t features;
static int made;
static struct slot {
  int dir, events, memory_events;
  uint64_t oom_kills;
  bool starved;  // ended by end_the_largest
  enum { IDLE, BUSY, DIRTY } state;  // DIRTY: its command ended, but maybe not all of its processes
} slots[MAX_SLOTS];

static uint64_t number_at(const char *text) {
  uint64_t value = 0;
  while (*text >= '0' && *text <= '9') value = value * 10 + (uint64_t)(*text++ - '0');
  return value;
}

// The number after `name ` in a flat keyed file that is kept open; 0 when it is not there.
static uint64_t keyed(int fd, const char *name) {
  static char text[4096];
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  if (n <= 0) return 0;
  text[n] = 0;
  size_t length = strlen(name);
  for (char *line = text; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, name, length) == 0 && line[length] == ' ') return number_at(line + length + 1);
  }
  return 0;
}

// The number that a file begins with; 0 when it can't be read or does not begin with one.
static uint64_t number_in(int fd) {
  char text[24];
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  text[n > 0 ? n : 0] = 0;
  return number_at(text);
}

static int open_at(int dir, const char *name, int flags) { return openat(dir, name, flags | O_CLOEXEC); }

static uint64_t number_at_path(int dir, const char *name) {
  int fd = open_at(dir, name, O_RDONLY);
  if (fd < 0) return 0;
  uint64_t value = number_in(fd);
  close(fd);
  return value;
}

// Sets a number and reads it back: what was written is not what counts.
static void must_set(int dir, const char *name, uint64_t value) {
  char text[24];
  put_number(text, value);
  if (write_text_at(dir, name, text) != 0) die(name, errno);
  uint64_t is = number_at_path(dir, name);
  // The kernel rounds memory down to pages.
  if (is == 0 || is > value || value - is >= 4096) die(name, ERANGE);
}

// What the kernel keeps free, MiB. Transparent huge pages raise it to a twentieth of a small machine: set to
// about what it would be without them, or commands would meet the kernel's bound before their own.
static uint64_t kernel_reserve_mib(uint64_t mib) {
  const char *file = "/proc/sys/vm/min_free_kbytes";
  uint64_t wanted = 1024 + 4 * mib, is = number_at_path(AT_FDCWD, file);
  if (is == 0) die(file, ERANGE);
  if (is > wanted) {
    must_set(AT_FDCWD, file, wanted);
    is = wanted;
  }
  // Reclaim goes on up to the high watermark, half as much again; pages for old devices are kept apart.
  uint64_t apart = mib / 256;
  return (is * 3 / 2 >> 10) + (apart > 15 ? 15 : apart);
}

void cgroups_init(void) {
  root = open(ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) die("cgroup v2", errno);
  if (write_text_at(root, "cgroup.subtree_control", "+memory +pids") != 0) die("cgroup controllers", errno);
  if (mkdirat(root, "work", 0755) != 0 && errno != EEXIST) die("cgroup work", errno);
  work = open_at(root, "work", O_RDONLY | O_DIRECTORY);
  struct sysinfo info;
  if (work < 0 || sysinfo(&info) != 0) die("cgroup work", errno);
  if (write_text_at(work, "cgroup.subtree_control", "+memory") != 0) die("cgroup controllers", errno);
  // What the booted kernel has left, not what the machine has: the limit must bite before the kernel runs dry.
  uint64_t mib = info.freeram * info.mem_unit >> 20;
  uint64_t reserve = AGENT_MIB + kernel_reserve_mib(mib);
  memory_max = (mib > 2 * reserve ? mib - reserve : mib / 2) << 20;
  must_set(work, "memory.max", memory_max);
  must_set(work, "pids.max", mib < 128 ? 128 : mib > 4096 ? 4096 : mib);  // about 1 MiB each
  memory_stat = open_at(work, "memory.stat", O_RDONLY);
  memory_current = open_at(work, "memory.current", O_RDONLY);
  events = open_at(work, "memory.events", O_RDONLY);
  if (memory_stat < 0 || memory_current < 0 || events < 0) die("cgroup memory", errno);
  cgroup_prepare();
  // The kill must be there before a command is: an empty group can be killed, too.
  if (made == 0 || write_text_at(slots[0].dir, "cgroup.kill", "1") != 0) die("cgroup.kill", errno);
  if (umount2(ROOT, MNT_DETACH) != 0) die(ROOT, errno);
  if (access(ROOT "/cgroup.procs", F_OK) == 0) die("cgroup mount", EBUSY);
  features = FEATURE_LIMITS | FEATURE_KILL | FEATURE_NAMESPACE;
}

uint32_t cgroup_features(void) { return features; }

int cgroup_memory_events(void) { return events; }

static bool is_empty(struct slot *s) {
  return keyed(s->events, "populated") == 0;
}

static int free_slot(void) {
  for (int i = 0; i < made; i++) {
    if (slots[i].state == DIRTY && is_empty(&slots[i])) slots[i].state = IDLE;
    if (slots[i].state == IDLE) return i;
  }
  if (work < 0 || made == MAX_SLOTS) return -1;
  char name[24];
  put_number(put_text(name, "e"), (uint64_t)made);
  if (mkdirat(work, name, 0755) != 0 && errno != EEXIST) return -1;
  struct slot *s = &slots[made];
  s->dir = open_at(work, name, O_RDONLY | O_DIRECTORY);
  s->events = s->dir < 0 ? -1 : open_at(s->dir, "cgroup.events", O_RDONLY);
  s->memory_events = s->dir < 0 ? -1 : open_at(s->dir, "memory.events", O_RDONLY);
  // A command is ended as a whole, not one process of it.
  if (s->events < 0 || s->memory_events < 0 || write_text_at(s->dir, "memory.oom.group", "1") != 0) {
    int error = errno;
    if (s->dir >= 0) close(s->dir);
    if (s->events >= 0) close(s->events);
    if (s->memory_events >= 0) close(s->memory_events);
    errno = error;
    return -1;
  }
  s->oom_kills = 0;
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

// Ends what left the commands' groups: nothing but the agent and the kernel's own threads, which no signal
// ends, belongs outside of them.
static void sweep(void) {
  int copy = open_at(root, ".", O_RDONLY | O_DIRECTORY);
  DIR *groups = copy < 0 ? NULL : fdopendir(copy);
  if (!groups) {
    if (copy >= 0) close(copy);
    return;
  }
  for (struct dirent *entry; (entry = readdir(groups));) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || strcmp(entry->d_name, "work") == 0) continue;
    int dir = open_at(root, entry->d_name, O_RDONLY | O_DIRECTORY);
    if (dir < 0) continue;
    write_text_at(dir, "cgroup.kill", "1");
    close(dir);
    unlinkat(root, entry->d_name, AT_REMOVEDIR);
  }
  closedir(groups);
  int procs = open_at(root, "cgroup.procs", O_RDONLY);
  static char list[65536];
  ssize_t n = procs < 0 ? -1 : read(procs, list, sizeof list - 1);
  if (procs >= 0) close(procs);
  if (n <= 0) return;
  list[n] = 0;
  for (char *at = list; *at;) {
    pid_t pid = (pid_t)number_at(at);
    if (pid > 1) kill(pid, SIGKILL);
    at += strcspn(at, "\n");
    if (*at) at++;
  }
}

void cgroup_kill(int slot) {
  if (slot < 0) return;
  write_text_at(slots[slot].dir, "cgroup.kill", "1");
  // Processes that hide in a group where no command is.
  for (int i = 0; i < made; i++) {
    if (slots[i].state == IDLE && !is_empty(&slots[i])) write_text_at(slots[i].dir, "cgroup.kill", "1");
  }
  sweep();
}

bool cgroup_out_of_memory(int slot) {
  if (slot < 0) return false;
  uint64_t kills = keyed(slots[slot].memory_events, "oom_kill");
  bool killed = kills > slots[slot].oom_kills || slots[slot].starved;
  slots[slot].oom_kills = kills;
  slots[slot].starved = false;
  return killed;
}

void cgroup_kill_all(void) {
  if (work < 0) return;
  bool used = false;
  for (int i = 0; i < made; i++) used |= slots[i].state != IDLE;
  if (used) write_text_at(work, "cgroup.kill", "1");
  sweep();
}

static void end_the_largest(void) {
  uint64_t most = 0;
  int largest = -1;
  for (int i = 0; i < made; i++) {
    if (slots[i].state == IDLE) continue;
    uint64_t has = number_at_path(slots[i].dir, "memory.current");
    if (has > most) {
      most = has;
      largest = i;
    }
  }
  if (largest < 0) return;
  note("memory is full and nothing gets on: the largest command is ended");
  slots[largest].starved = true;
  write_text_at(slots[largest].dir, "cgroup.kill", "1");
}

uint64_t cgroup_watch_memory(uint64_t now) {
  static uint64_t last, faults;
  static int bad;
  if (events < 0) return 0;
  (void)keyed(events, "max");  // read: else it wakes us again at once
  if (last && now - last < LOOK_NS) return LOOK_NS - (now - last);
  // Not full: nothing to look at until the next event.
  if (number_in(memory_current) < memory_max - memory_max / 32) {
    bad = 0;
    last = 0;
    return 0;
  }
  uint64_t before = faults;
  faults = keyed(memory_stat, "pgmajfault");
  bad = last && faults - before >= THRASH_FAULTS ? bad + 1 : 0;
  last = now;
  if (bad >= THRASH_LOOKS) {
    bad = 0;
    end_the_largest();
  }
  return LOOK_NS;
}
