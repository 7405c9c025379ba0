// Standard input of a command: frames in, a pipe or pty out, credit back as the command reads.
#ifndef IRONCLAW_INPUT_H
#define IRONCLAW_INPUT_H

#include "stream.h"

void input_release(struct stream *s);

#endif
