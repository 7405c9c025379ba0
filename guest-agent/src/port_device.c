// Finds and opens the virtio-serial port by its name, woken by kernel events instead of a poll.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boot.h"
#include "sys.h"

#define PORT_NAME "io.ironclaw.agent"
#define PORT_DEADLINE_MS 20000

int open_uevents(void) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) die("kernel events", errno);
  return fd;
}

static int try_open(void) {
  int dir = open("/sys/class/virtio-ports", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return -1;
  _Alignas(struct dirent64) char block[2048];
  int found = -1;
  ssize_t n;
  while (found < 0 && (n = getdents64(dir, block, sizeof block)) > 0) {
    for (ssize_t at = 0; at < n && found < 0;) {
      struct dirent64 *entry = (struct dirent64 *)(block + at);
      at += entry->d_reclen;
      if (entry->d_name[0] == '.' || strlen(entry->d_name) > 32) continue;
      char path[96], name[64], *end;
      end = put_text(path, "/sys/class/virtio-ports/");
      end = put_text(end, entry->d_name);
      put_text(end, "/name");
      if (read_text(path, name, sizeof name) < 0 || strcmp(name, PORT_NAME) != 0) continue;
      put_text(put_text(path, "/dev/"), entry->d_name);
      // Blocking writes make the driver spin in the kernel until the host has taken the buffer.
      found = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      if (found < 0) die(path, errno);
    }
  }
  close(dir);
  return found;
}

int find_port(int uevents) {
  uint64_t deadline = monotonic_ns() + PORT_DEADLINE_MS * 1000000ull;
  for (;;) {
    int fd = try_open();
    if (fd >= 0) return fd;
    uint64_t now = monotonic_ns();
    if (now >= deadline) die("no virtio port named " PORT_NAME, ETIMEDOUT);
    struct pollfd wait = {.fd = uevents, .events = POLLIN};
    if (poll(&wait, 1, (int)((deadline - now) / 1000000) + 1) > 0) {
      char event[4096];
      while (recv(uevents, event, sizeof event, MSG_DONTWAIT) > 0) continue;
    }
  }
}
