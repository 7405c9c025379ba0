// One cgroup v2 per command, below one that bounds them all (processes, memory).
#ifndef IRONCLAW_CGROUP_H
#define IRONCLAW_CGROUP_H

#include <stdbool.h>

void cgroups_init(void);     // after boot; without cgroup v2 every call below does nothing
int cgroup_take(void);       // a slot with no process in it; -1: none, use the process group
int cgroup_fd(int slot);     // directory for CLONE_INTO_CGROUP; -1 for slot -1
void cgroup_release(int slot);
bool cgroup_kill(int slot);  // false: there is none
void cgroup_kill_all(void);
void cgroup_prepare(void);   // makes the next slot ahead of time, off the path of a command

#endif
