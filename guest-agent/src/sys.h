// Small helpers over raw system calls; no stdio on purpose (size, and nothing to allocate).
#ifndef IRONCLAW_SYS_H
#define IRONCLAW_SYS_H

#include <stddef.h>
#include <stdint.h>

// The console line of a fatal error: `ironclaw-agent: what: why`, then power off (PID 1) or exit 1.
_Noreturn void die(const char *what, int error);
_Noreturn void power_off(void);

// Writes one line `ironclaw-agent: <what>` to the kernel log; for events worth a trace, never data.
void note(const char *what);

// Whole-file helpers for /proc and /sys: one open, one write or read, one close. -1 and errno on failure.
int write_text(const char *path, const char *text);
int write_text_at(int dir, const char *path, const char *text);
long read_text(const char *path, char *buffer, size_t size);  // NUL terminated, trailing newline cut

uint64_t monotonic_ns(void);

// Decimal text of a number; returns the end of the text (where the NUL is).
char *put_number(char *at, uint64_t value);
char *put_text(char *at, const char *text);

// Sets the wall clock when it is off by more than `slack_ns`; a process that is not PID 1 leaves it alone.
void set_clock(uint64_t wall_ns, uint64_t slack_ns);

extern int is_pid1;

#endif
