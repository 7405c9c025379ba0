#include "machine.h"

#define COM1 0x3f8
#define KEYBOARD 0x64
#define LAPIC 0xfee00000UL
#define IOAPIC 0xfec00000UL
#define VECTOR 0x30u
#define GATES 64

static void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

void *memcpy(void *to, const void *from, u64 n) {
  void *t = to;
  __asm__ volatile("rep movsb" : "+D"(t), "+S"(from), "+c"(n) : : "memory");
  return to;
}

void *memset(void *to, int value, u64 n) {
  void *t = to;
  __asm__ volatile("rep stosb" : "+D"(t), "+c"(n) : "a"(value) : "memory");
  return to;
}

u32 length(const char *text) {
  u32 n = 0;
  while (text[n]) n++;
  return n;
}

void print(const char *text) {
  while (*text) outb(COM1, (u8)*text++);
}

void print_hex(u64 value) {
  for (int shift = 28; shift >= 0; shift -= 4) outb(COM1, (u8) "0123456789abcdef"[(value >> shift) & 15]);
}

void reset(void) {
  for (;;) outb(KEYBOARD, 0xfe);
}

void fault(void) {
  struct { u16 limit; u64 base; } __attribute__((packed)) none = {0, 0};
  __asm__ volatile("lidt %0" : : "m"(none));
  for (;;) *(volatile u32 *)0x7f00000000 = 0;
}

// Firecracker's page tables: PML4 at 0x9000, PDPT at 0xa000; pages of 2 MiB.
#define PDPT 0xa000UL
static u64 pages[512] __attribute__((aligned(4096)));

void map_setup(void) { ((u64 *)PDPT)[3] = (u64)pages | 3; }
void map(u64 at) { pages[(at >> 21) & 511] = (at & ~0x1fffffUL) | 0x83; }

struct gate { u16 low, selector, type, middle; u32 high, zero; } __attribute__((packed));
static struct gate gates[GATES] __attribute__((aligned(16)));
extern u8 interrupt_entry[];

void interrupts_setup(void) {
  u64 entry = (u64)interrupt_entry;
  u16 code;
  __asm__("mov %%cs, %0" : "=r"(code));
  for (u32 i = VECTOR; i < GATES; i++) gates[i] = (struct gate){(u16)entry, code, 0x8e00, (u16)(entry >> 16), 0, 0};
  struct { u16 limit; u64 base; } __attribute__((packed)) at = {sizeof gates - 1, (u64)gates};
  __asm__ volatile("lidt %0" : : "m"(at));
  outb(0x21, 0xff);  // no legacy interrupts
  outb(0xa1, 0xff);
  map(LAPIC);
  map(IOAPIC);
  *(volatile u32 *)(LAPIC + 0xf0) = 0x13f;  // local APIC on, spurious vector 0x3f
}

static void ioapic(u32 reg, u32 value) {
  *(volatile u32 *)IOAPIC = reg;
  *(volatile u32 *)(IOAPIC + 0x10) = value;
}

void interrupts_of(u32 pin) {
  ioapic(0x11 + 2 * pin, 0);
  ioapic(0x10 + 2 * pin, VECTOR);  // edge, fixed, CPU 0
}

// An interrupt that is pending ends hlt at once.
void sleep_until_interrupt(void) { __asm__ volatile("sti; hlt; cli" : : : "memory"); }
