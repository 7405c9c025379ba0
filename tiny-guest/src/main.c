#include "net.h"
#include "vsock.h"

void guest_main(const u8 *zero_page);

void guest_main(const u8 *zero_page) {
#if defined(resets)
  print("guest: resets\r\n");
  reset();
#elif defined(silent)
  print("guest: says no more\r\n");
  for (;;) sleep_until_interrupt();
#elif defined(faults)
  print("guest: faults\r\n");
  fault();
#endif
  map_setup();
  interrupts_setup();
  net_setup(zero_page);
  if (!vsock_setup(zero_page)) {
    print("guest: no vsock device\r\n");
    reset();
  }
  vsock_serve();
}
