// The descriptors that join a command to its stream. Output pipes are made ahead of the command.
#ifndef IRONCLAW_PIPES_H
#define IRONCLAW_PIPES_H

#include <stdbool.h>
#include <stdint.h>

struct stream;

// The ends of one stream's command; the agent keeps the command's ends too, so that a pipe is never
// at its end before the command was reaped, and never hung up.
struct pipes {
  int ours[3];    // [0] write end of stdin; [1], [2] read ends; a pty's master is [1]
  int theirs[3];
};

extern struct pipes pipes[];

void pipes_init(void);
bool pipes_prepare(int index);  // both output pipes, already in epoll
bool pipes_open_input(int index);
bool pipes_open_pty(int index, uint16_t rows, uint16_t columns, uint32_t uid, uint32_t gid);
bool pipes_give(int index, uint32_t uid, uint32_t gid);  // to a user, who may open /dev/stdout then
void pipes_close_input(int index);
void pipes_close(int index);

#endif
