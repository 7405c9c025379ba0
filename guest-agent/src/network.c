#include "network.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boot.h"
#include "out.h"
#include "sys.h"

#define DEVICE "eth0"

struct message {
  struct nlmsghdr head;
  uint8_t body[256];
};

// A request of rtnetlink(7) whose fixed part is `part`.
static void begin(struct message *m, uint16_t type, uint16_t flags, const void *part, size_t size) {
  memset(m, 0, sizeof *m);
  m->head = (struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(size), .nlmsg_type = type,
                              .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)};
  memcpy(m->body, part, size);
}

static void attribute(struct message *m, uint16_t type, const void *value, size_t size) {
  struct rtattr *a = (struct rtattr *)(void *)((uint8_t *)m + NLMSG_ALIGN(m->head.nlmsg_len));
  a->rta_type = type;
  a->rta_len = (uint16_t)RTA_LENGTH(size);
  memcpy(RTA_DATA(a), value, size);
  m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) + (uint32_t)RTA_ALIGN(a->rta_len);
}

// Sends it and waits for the kernel's answer; false: errno says why not.
static bool done(int fd, struct message *m) {
  struct {
    struct nlmsghdr head;
    struct nlmsgerr error;
    uint8_t rest[512];
  } answer;
  if (send(fd, m, m->head.nlmsg_len, 0) < 0) return false;
  ssize_t n = recv(fd, &answer, sizeof answer, 0);
  if (n < (ssize_t)NLMSG_LENGTH(sizeof(int)) || answer.head.nlmsg_type != NLMSG_ERROR) {
    if (n >= 0) errno = EPROTO;
    return false;
  }
  errno = -answer.error.error;
  return answer.error.error == 0;
}

static bool link_up(int fd, int device, uint16_t mtu) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = device, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  uint32_t bytes = mtu;
  struct message m;
  begin(&m, RTM_NEWLINK, 0, &info, sizeof info);
  attribute(&m, IFLA_MTU, &bytes, sizeof bytes);
  return done(fd, &m);
}

static bool add_address(int fd, int device, const struct address *a) {
  struct ifaddrmsg info = {.ifa_family = a->length == 4 ? AF_INET : AF_INET6, .ifa_prefixlen = a->prefix,
                           .ifa_flags = a->length == 4 ? 0 : IFA_F_NODAD, .ifa_index = (uint32_t)device};
  struct message m;
  begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof info);
  attribute(&m, IFA_LOCAL, a->own, a->length);
  attribute(&m, IFA_ADDRESS, a->own, a->length);
  return done(fd, &m);
}

// Known for good: the host answers no questions that it need not be asked.
static bool know_gateway(int fd, int device, const struct address *a, const uint8_t *mac) {
  struct ndmsg info = {.ndm_family = a->length == 4 ? AF_INET : AF_INET6, .ndm_ifindex = device, .ndm_state = NUD_PERMANENT};
  struct message m;
  begin(&m, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof info);
  attribute(&m, NDA_DST, a->gateway, a->length);
  attribute(&m, NDA_LLADDR, mac, 6);
  return done(fd, &m);
}

static bool route_all(int fd, int device, const struct address *a) {
  struct rtmsg info = {.rtm_family = a->length == 4 ? AF_INET : AF_INET6, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT,
                       .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST};
  uint32_t out = (uint32_t)device;
  struct message m;
  begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof info);
  attribute(&m, RTA_GATEWAY, a->gateway, a->length);
  attribute(&m, RTA_OIF, &out, sizeof out);
  return done(fd, &m);
}

static bool name_resolver(const uint8_t *gateway) {
  char text[64], *at = put_text(text, "nameserver ");
  for (int i = 0; i < 4; i++) {
    if (i) *at++ = '.';
    at = put_number(at, gateway[i]);
  }
  put_text(at, "\n");
  return write_etc("/etc/resolv.conf", text);
}

// What it could not do; NULL when all is done.
static const char *set_up(const struct network_request *request) {
  unsigned device = if_nametoindex(DEVICE);
  if (!device) return DEVICE;
  bool ipv6 = false;
  for (uint16_t i = 0; i < request->count; i++) ipv6 = ipv6 || request->addresses[i].length == 16;
  // Before it is up, or the kernel would speak of itself.
  const char *off = "/proc/sys/net/ipv6/conf/" DEVICE "/disable_ipv6";
  if (write_text(off, ipv6 ? "0" : "1") != 0 && (ipv6 || errno != ENOENT)) return off;
  if (ipv6 && (write_text("/proc/sys/net/ipv6/conf/" DEVICE "/accept_ra", "0") != 0 ||
               write_text("/proc/sys/net/ipv6/conf/" DEVICE "/router_solicitations", "0") != 0)) {
    return "accept_ra";
  }
  // Everybody may ping: the image's program has no capability of its own.
  if (write_text("/proc/sys/net/ipv4/ping_group_range", "0 2147483647") != 0) note("ping is for root alone");
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return "netlink";
  const char *failed = link_up(fd, (int)device, request->mtu) ? NULL : "set " DEVICE " up";
  for (uint16_t i = 0; i < request->count && !failed; i++) {
    const struct address *a = &request->addresses[i];
    if (!add_address(fd, (int)device, a)) failed = "address";
    if (!failed && !know_gateway(fd, (int)device, a, request->gateway_mac)) failed = "gateway";
    if (!failed && !route_all(fd, (int)device, a)) failed = "route";
    if (!failed && a->length == 4 && !name_resolver(a->gateway)) note("/etc/resolv.conf is not written: no name resolves");
  }
  int error = errno;
  close(fd);
  errno = error;
  return failed;
}

void network_set_up(const struct network_request *request) {
  // As an ordinary process (tests) the agent leaves the machine's devices alone.
  const char *failed = is_pid1 ? set_up(request) : NULL;
  if (failed) {
    out_error(0, errno, failed);
  } else {
    out_empty(0, NETWORK_UP, 0);
  }
}

void network_probe(const struct probe_request *request) {
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = 0, .sll_halen = ETH_ALEN};
  to.sll_ifindex = (int)if_nametoindex(DEVICE);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), yes = 1;
  uint16_t sent = 0;
  // One after the other: no queue of the kernel's may change their order.
  if (is_pid1 && fd >= 0 && to.sll_ifindex && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) == 0) {
    for (uint16_t i = 0; i < request->count; i++) {
      const struct text *f = &request->frames[i];
      if (sendto(fd, f->at, f->length, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)f->length) sent++;
    }
  }
  if (fd >= 0) close(fd);
  uint8_t *at = out_begin(2);
  put_u16(at, sent);
  out_commit(2, 0, PROBED, 0);
}
