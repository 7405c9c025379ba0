// The main loop: what woke us goes to the part that does it.
#ifndef IRONCLAW_LOOP_H
#define IRONCLAW_LOOP_H

// Of the two descriptors one is -1: a port is there for good, a listener takes one host after the other.
_Noreturn void loop(int port, int listener);

#endif
