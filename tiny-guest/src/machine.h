// The machine: its console, its end, its memory map, its sleep. And what C expects of a library.
#ifndef MACHINE_H
#define MACHINE_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

void *memcpy(void *to, const void *from, u64 n);
void *memset(void *to, int value, u64 n);
u32 length(const char *text);

void print(const char *text);
void print_hex(u64 value);

// Ends Firecracker with 0, as Linux does with reboot=k.
void reset(void) __attribute__((noreturn));
// Three faults in a row.
void fault(void) __attribute__((noreturn));

// Device memory lies in the fourth GiB, which nothing maps at first.
void map_setup(void);
void map(u64 at);

// Interrupts of one pin end the sleep; several pins may be set up.
void interrupts_setup(void);
void interrupts_of(u32 pin);
void sleep_until_interrupt(void);

// x86 keeps the order of stores; the compiler must, too.
static inline void fence(void) { __asm__ volatile("" : : : "memory"); }

#endif
