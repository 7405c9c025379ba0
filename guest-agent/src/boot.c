#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys.h"

static char command_line[4096];

static void must_mount(const char *type, const char *target, unsigned long flags, const char *data) {
  if (mkdir(target, 0755) != 0 && errno != EEXIST) die(target, errno);
  if (mount(type, target, type, flags, data) != 0) die(target, errno);
}

// The value of `name=value` on the kernel command line, in place; NULL when it isn't there.
static const char *option(const char *name, char *out, size_t size) {
  size_t len = strlen(name);
  for (const char *at = command_line; (at = strstr(at, name)); at += len) {
    if ((at != command_line && at[-1] != ' ') || at[len] != '=') continue;
    at += len + 1;
    size_t n = strcspn(at, " ");
    if (n == 0 || n >= size) return NULL;
    memcpy(out, at, n);
    out[n] = 0;
    return out;
  }
  return NULL;
}

static void loopback_up(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0) note("lo is not up");
  if (fd >= 0) close(fd);
}

void boot(int *port, int *listener) {
  umask(0);
  must_mount("devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755");
  for (int fd = 0; fd < 3; fd++) {  // the commands' default stdin, and nothing open on the console
    close(fd);
    if (open("/dev/null", O_RDWR) != fd) die("/dev/null", errno);
  }
  must_mount("proc", "/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
  must_mount("sysfs", "/sys", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
  must_mount("cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
  if (read_text("/proc/cmdline", command_line, sizeof command_line) < 0) die("/proc/cmdline", errno);
  int uevents = open_uevents();
  load_modules("/modules");
  char root[32], type[16], number[16];
  if (option("ironclaw.channel", type, sizeof type) && strcmp(type, "vsock") == 0) {
    // Before there is a device: the host may connect from then on.
    load_modules("/vsock");
    *listener = vsock_listen();
    load_modules("/vsock-device");
  }
  // A machine without a network device has no driver of one either.
  if (option("ironclaw.network", number, sizeof number)) load_modules("/network");
  umask(022);

  if (option("ironclaw.root", root, sizeof root)) {
    char device[48];
    if (strspn(root, "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(root)) die("ironclaw.root", EINVAL);
    put_text(put_text(device, "/dev/"), root);
    if (!option("ironclaw.rootfs", type, sizeof type)) put_text(type, "erofs");
    unsigned mib = 0;
    if (option("ironclaw.scratch", number, sizeof number)) {
      for (const char *c = number; *c >= '0' && *c <= '9' && mib < 100000000; c++) mib = mib * 10 + (unsigned)(*c - '0');
    }
    switch_root(device, type, mib ? mib : 64);
  }
  must_mount("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
  unlink("/dev/ptmx");
  if (symlink("pts/ptmx", "/dev/ptmx") != 0) die("/dev/ptmx", errno);
  // With the scratch: a little over half of the memory, so that programs still run when both are full.
  must_mount("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777,size=10%");
  // Devices take nothing; files there would be as good as memory without a bound.
  if (mount(NULL, "/dev", NULL, MS_REMOUNT | MS_NOSUID | MS_NOEXEC, "size=1m") != 0) note("/dev is not bounded");
  (void)!symlink("/proc/self/fd", "/dev/fd");
  (void)!symlink("/proc/self/fd/0", "/dev/stdin");
  (void)!symlink("/proc/self/fd/1", "/dev/stdout");
  (void)!symlink("/proc/self/fd/2", "/dev/stderr");
  loopback_up();
  if (*listener < 0) *port = find_port(uevents);
  close(uevents);
}
