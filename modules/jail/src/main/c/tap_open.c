// tap-open NAMESPACE LINK DESCRIPTOR PROGRAM ARGUMENT...: opens a tap device of a network namespace and
// starts a program that has it as a descriptor, and stays in the namespace that this was started in.
// With owner=UID for the descriptor, the device is that user's to open from now on, and is not left open.
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "tap-open: %s: %s\n", what, strerror(errno));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 5 || strlen(argv[2]) >= IFNAMSIZ) {
    fprintf(stderr, "usage: tap-open NAMESPACE LINK DESCRIPTOR|owner=UID PROGRAM ARGUMENT...\n");
    return 64;
  }
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int there = open(argv[1], O_RDONLY | O_CLOEXEC);
  must(home >= 0 && there >= 0, argv[1]);
  must(setns(there, CLONE_NEWNET) == 0, "setns");
  // A device of the namespace that it is opened in, for as long as it is open.
  int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  must(tap >= 0, "/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
  memcpy(request.ifr_name, argv[2], strlen(argv[2]));
  must(ioctl(tap, TUNSETIFF, &request) == 0, argv[2]);
  must(setns(home, CLONE_NEWNET) == 0, "setns back");
  if (strncmp(argv[3], "owner=", 6) == 0) {
    must(ioctl(tap, TUNSETOWNER, strtoul(argv[3] + 6, NULL, 10)) == 0, "TUNSETOWNER");
    close(tap);
    execv(argv[4], argv + 4);
    must(0, argv[4]);
  }
  int wanted = atoi(argv[3]);
  // Where it is already, it must only stay.
  must(tap == wanted ? fcntl(tap, F_SETFD, 0) == 0 : dup2(tap, wanted) == wanted, "dup2");
  execv(argv[4], argv + 4);
  must(0, argv[4]);
}
