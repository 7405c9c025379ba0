// One cgroup v2 per command, below one that bounds them all (processes, memory). No command sees the
// hierarchy: the agent keeps descriptors of it and takes its mount away.
#ifndef IRONCLAW_CGROUP_H
#define IRONCLAW_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

void cgroups_init(void);     // after boot; without what is needed there is no VM
uint32_t cgroup_features(void);  // of protocol.h, each read back; 0 in a process that is not PID 1
int cgroup_take(void);       // a slot with no process in it; -1: none (in PID 1: all are in use)
int cgroup_fd(int slot);     // directory for CLONE_INTO_CGROUP; -1 for slot -1
void cgroup_release(int slot);
void cgroup_kill(int slot);  // every process of the slot, and those that left every slot
bool cgroup_out_of_memory(int slot);  // whether something in it was killed for memory since it was taken
void cgroup_kill_all(void);
void cgroup_prepare(void);   // makes the next slot ahead of time, off the path of a command

// Looks for commands that no longer get on for want of memory, and ends the largest. Returns in how many
// ns to look again, 0: only when `memory_events` wakes.
uint64_t cgroup_watch_memory(uint64_t now);
int cgroup_memory_events(void);  // polled for EPOLLPRI; -1: there is none

#endif
