// Starts one process: no page tables copied, straight into its cgroup, the error of a failed exec known at once.
#ifndef IRONCLAW_SPAWN_H
#define IRONCLAW_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/filter.h>

struct spawn {
  char **argv, **envp;
  const char *cwd;
  uint32_t uid, gid;
  int in, out, err;  // become 0, 1, 2; in may be 0
  bool terminal;     // 0 is a pty: make it the controlling terminal
  int cgroup;        // directory descriptor or -1
  const struct sock_fprog *filter;  // NULL: none
  bool folder;       // out: `failed` is the folder to run in
  const char *failed;  // out: the call that failed, NULL = the program's own start
  int error;           // out: its errno
};

// The pid, or -1 with `failed` and `error` set. (A child that failed is left for the reaper.)
pid_t spawn(struct spawn *s);

#endif
