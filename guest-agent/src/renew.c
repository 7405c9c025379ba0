#include "renew.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "out.h"
#include "sys.h"

static int generator = -1;

void renew_init(void) {
  if (!is_pid1) return;
  generator = open("/dev/urandom", O_RDWR | O_CLOEXEC);
  if (generator < 0) die("/dev/urandom", errno);
}

// As an ordinary process (tests) the agent leaves the machine's clock, name and entropy alone.
static const char *change(const struct renew *r) {
  if (!is_pid1) return NULL;
  struct {
    struct rand_pool_info info;
    uint8_t bytes[512];
  } pool = {.info = {.entropy_count = (int)r->entropy.length * 8, .buf_size = (int)r->entropy.length}};
  memcpy(pool.info.buf, r->entropy.at, r->entropy.length);
  if (ioctl(generator, RNDADDENTROPY, &pool) != 0) return "RNDADDENTROPY";
  if (ioctl(generator, RNDRESEEDCRNG) != 0) return "RNDRESEEDCRNG";
  struct timespec now = {(time_t)(r->clock_ns / 1000000000u), (long)(r->clock_ns % 1000000000u)};
  if (clock_settime(CLOCK_REALTIME, &now) != 0) return "clock_settime";
  if (sethostname((const char *)r->hostname.at, r->hostname.length) != 0) return "sethostname";
  if (r->scratch_mib && !limit_scratch(r->scratch_mib)) return "scratch limit";
  char name[65] = {0};
  memcpy(name, r->hostname.at, r->hostname.length);
  if (!name_host(name)) note("/etc/hosts is not written: the name of the VM does not resolve");
  return NULL;
}

// The names of the network devices that this kernel has, up to MAX_LINKS. NULL: they can't be read.
static uint8_t *put_links(uint8_t *at) {
  int dir = open("/sys/class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return NULL;
  uint8_t *number = at;
  uint16_t count = 0;
  at += sizeof count;
  _Alignas(struct dirent64) char block[2048];
  ssize_t n;
  while ((n = getdents64(dir, block, sizeof block)) > 0) {
    for (ssize_t next = 0; next < n;) {
      struct dirent64 *entry = (struct dirent64 *)(block + next);
      next += entry->d_reclen;
      size_t length = strlen(entry->d_name);
      if (entry->d_name[0] == '.' || length >= IF_NAMESIZE || count == MAX_LINKS) continue;
      at = put_str(at, entry->d_name, (uint32_t)length);
      count++;
    }
  }
  close(dir);
  put_u16(number, count);
  return n < 0 ? NULL : at;
}

bool renew(const struct renew *r) {
  const char *failed = change(r);
  uint8_t proof[16];
  if (!failed && getrandom(proof, sizeof proof, 0) != sizeof proof) failed = "getrandom";
  struct utsname names;
  struct timespec now;
  if (!failed && (uname(&names) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)) failed = "uname";
  if (failed) {
    out_error(0, errno, failed);
    return false;
  }
  uint32_t length = (uint32_t)strlen(names.nodename);
  uint8_t *start = out_begin(8 + 4 + 16 + 4 + 64 + 2 + MAX_LINKS * (4 + IF_NAMESIZE) + 1), *at = start;
  at = put_u64(at, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
  at = put_str(at, proof, sizeof proof);
  at = put_str(at, names.nodename, length);
  at = put_links(at);
  if (!at) {
    out_error(0, errno, "network devices");
    return false;
  }
  at = put_u8(at, (uint8_t)root_access());
  out_commit((uint32_t)(at - start), 0, RENEWED, 0);
  return true;
}
