// PID 1 of the VM; with `--fd N` an ordinary process that speaks the protocol
// on a descriptor, with `--listener N` on what is accepted there (tests).
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "cgroup.h"
#include "events.h"
#include "filter.h"
#include "loop.h"
#include "out.h"
#include "pipes.h"
#include "renew.h"
#include "stream.h"
#include "sys.h"

int main(int argc, char **argv) {
  int port = -1, listener = -1;
  if (getpid() == 1) {
    is_pid1 = 1;
    boot(&port, &listener);
    // For itself: of 256 commands that have left processes it holds four each. Commands begin with 1024.
    struct rlimit files = {4096, 524288};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) note("no limit of open files");
    // A command's small writes must not each hand the CPU to the agent; the commands run as usual.
    struct sched_param none = {0};
    if (sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none) != 0) note("no SCHED_BATCH");
    cgroups_init();
  } else if (argc == 3 && (strcmp(argv[1], "--fd") == 0 || strcmp(argv[1], "--listener") == 0)) {
    int fd = atoi(argv[2]);
    if (fd < 3 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      die(argv[1], errno ? errno : EINVAL);
    }
    *(argv[1][2] == 'f' ? &port : &listener) = fd;
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) != 0) die("/dev/null", errno);
    if (null > 0) close(null);
  } else {
    die("start it as PID 1 of a VM, or with --fd N or --listener N", 0);
  }
  umask(022);
  renew_init();
  streams_init();
  pipes_init();
  out_init();
  events_init();
  filter_init();
  loop(port, listener);
}
