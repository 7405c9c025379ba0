// Commands: start, output and input through pipes or a pty, signals, time limit, exit.
#ifndef IRONCLAW_EXEC_H
#define IRONCLAW_EXEC_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "frame.h"
#include "stream.h"

void exec_start(uint32_t stream, const struct exec_request *request);
// Each returns NULL or the name of the rule that the frame breaks.
const char *exec_signal(struct stream *s, uint8_t signal);
const char *exec_resize(struct stream *s, uint16_t rows, uint16_t columns);
void exec_kill(struct stream *s);
void exec_fail(struct stream *s, int error, const char *what);  // ends it with ERROR

void exec_exited(pid_t pid, int status, const struct rusage *usage);
void exec_readable(struct stream *s, int channel);
void exec_resume(struct stream *s);      // credit or room came back
void exec_abandon(struct stream *s);     // HELLO: kill, close, say nothing
// The next time limit on the monotonic clock, 0 for none; expires those that are due.
uint64_t exec_deadlines(uint64_t now);
void exec_prepare(void);                 // pipes for the next command, off its path

#endif
