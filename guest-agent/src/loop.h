// The main loop: what woke us goes to the part that does it.
#ifndef IRONCLAW_LOOP_H
#define IRONCLAW_LOOP_H

_Noreturn void loop(int port);

#endif
