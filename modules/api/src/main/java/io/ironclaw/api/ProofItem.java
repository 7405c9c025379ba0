package io.ironclaw.api;

import java.util.Arrays;
import java.util.Optional;

/** One thing that isolates a VM, and what is claimed of it: the items of an isolation proof. */
public enum ProofItem {
  HARDWARE(
      "hardware",
      "the guest runs on the CPU's virtualization, not in emulation",
      "QEMU's own word, QMP query-kvm; of Firecracker the vCPUs of KVM in /proc/PID/fd",
      "run ironclaw doctor: it says what KVM lacks here"),
  NO_NETWORK_DEVICE(
      "no-network-device",
      "the machine has no network device",
      "the hypervisor's own list, QMP qom-list or GET /vm/config",
      "nothing of IronClaw's adds one: look at what starts the hypervisor (IRONCLAW_QEMU,"
          + " IRONCLAW_FIRECRACKER)"),
  DISKS(
      "disks",
      "the machine has its image and no other disk, read-only",
      "the hypervisor's own list, QMP query-block or GET /vm/config",
      "nothing of IronClaw's adds one: look at what starts the hypervisor (IRONCLAW_QEMU,"
          + " IRONCLAW_FIRECRACKER)"),
  DEVICES(
      "devices",
      "the devices that were attached, and the channels to the host, are those of the plan",
      "the hypervisor's own lists, QMP qom-list and query-chardev or GET /vm/config",
      "nothing of IronClaw's adds one: look at what starts the hypervisor (IRONCLAW_QEMU,"
          + " IRONCLAW_FIRECRACKER)"),
  KERNEL(
      "kernel",
      "the kernel is the file that was built, by its SHA-256",
      "the kernel's inode, size and times of the file, against those when it was hashed",
      "run ironclaw prune, and find out who writes to the cache"),
  INITRAMFS(
      "initramfs",
      "the initramfs is the file that was built, by its SHA-256",
      "the kernel's inode, size and times of the file, against those when it was hashed",
      "run ironclaw prune, and find out who writes to the cache"),
  AGENT(
      "agent",
      "the guest's agent is the one that belongs to this IronClaw, by its SHA-256",
      "what was recorded as the initramfs was packed, against what was built in",
      "run ironclaw prune: the initramfs is packed anew"),
  ROOT_IMAGE(
      "root-image",
      "the image is the file that was built or chosen, by its SHA-256",
      "the kernel's inode, size and times of the file, against those when it was hashed",
      "run ironclaw prune, and find out who writes to the image"),
  TEMPLATE_MEMORY(
      "template-memory",
      "the memory that was cloned is what was saved, by the SHA-256 of its blocks",
      "the kernel's inode, size and times of the file, against those when it was hashed",
      "run ironclaw prune --templates, and find out who writes to the cache"),
  TEMPLATE_STATE(
      "template-state",
      "the devices' state that was cloned is what was saved, by the SHA-256 of its blocks",
      "the kernel's inode, size and times of the file, against those when it was hashed",
      "run ironclaw prune --templates, and find out who writes to the cache"),
  HYPERVISOR_PROGRAM(
      "hypervisor-program",
      "the hypervisor is the program that was looked at first, by its SHA-256",
      "the kernel's inode, size and times of the file, against those when it was hashed",
      "start again: a package update while VMs start looks like this"),
  OWN_UID(
      "own-uid",
      "the hypervisor runs as a user and group of its own, nobody else's",
      "the host's kernel, /proc/PID/task/*/status, Uid and Gid",
      "start IronClaw as root, or don't demand it"),
  CAPABILITIES(
      "capabilities",
      "no thread of the hypervisor has a capability, or a way to one",
      "the host's kernel, /proc/PID/task/*/status, CapInh to CapAmb",
      "run ironclaw doctor: the jail is not what was built"),
  NO_NEW_PRIVS(
      "no-new-privs",
      "no thread of the hypervisor can gain rights by starting a program",
      "the host's kernel, /proc/PID/task/*/status, NoNewPrivs",
      "run ironclaw doctor: the jail is not what was built"),
  SECCOMP(
      "seccomp",
      "every thread of the hypervisor is under our seccomp filter, and under QEMU's own besides",
      "the host's kernel, /proc/PID/task/*/status, Seccomp and Seccomp_filters",
      "run ironclaw doctor: something starts the hypervisor without its filter"),
  NAMESPACES(
      "namespaces",
      "its pid, mount, net, ipc, uts and cgroup namespaces are not the host's, nor is the user"
          + " namespace of QEMU",
      "the host's kernel, /proc/PID/ns against /proc/self/ns",
      "run ironclaw doctor: the jail is not what was built"),
  MOUNTS(
      "mounts",
      "it sees the files that it was granted and no others, read-only but for its own",
      "the host's kernel, /proc/PID/mountinfo and /proc/PID/root",
      "run ironclaw doctor: the jail is not what was built"),
  DESCRIPTORS(
      "descriptors",
      "it has no file, pipe or socket open that it was not granted",
      "the host's kernel, /proc/PID/fd and /proc/PID/net/unix",
      "find out who starts IronClaw with files open that are not closed on exec"),
  PROCESS_LIMITS(
      "process-limits",
      "its open files, memory, size of files and core dumps are limited as planned",
      "the host's kernel, /proc/PID/limits",
      "something starts the hypervisor with other limits (IRONCLAW_QEMU, IRONCLAW_FIRECRACKER)"),
  CGROUP_MEMORY(
      "cgroup-memory",
      "the memory of the hypervisor and all it starts is limited",
      "the host's kernel, /proc/PID/cgroup and its control group's file",
      "run ironclaw doctor: it says which control groups can be had"),
  CGROUP_SWAP(
      "cgroup-swap",
      "it can't swap beside that memory",
      "the host's kernel, /proc/PID/cgroup and its control group's file",
      "run ironclaw doctor: it says which control groups can be had"),
  CGROUP_PIDS(
      "cgroup-pids",
      "the number of its threads and processes is limited",
      "the host's kernel, /proc/PID/cgroup and its control group's file",
      "run ironclaw doctor: it says which control groups can be had"),
  CGROUP_CPU(
      "cgroup-cpu",
      "its share of the CPUs is limited",
      "the host's kernel, /proc/PID/cgroup and its control group's file",
      "run ironclaw doctor: it says which control groups can be had"),
  CGROUP_IO(
      "cgroup-io",
      "its share of the disks' time is limited",
      "the host's kernel, /proc/PID/cgroup and its control group's file",
      "run ironclaw doctor: it says which control groups can be had"),
  NETWORK_LINKS(
      "network-links",
      "the namespace of the machine's network device has that, its link to the host, and no other",
      "the kernel, /proc/net/dev of the namespace",
      "find out what else changes network namespaces on this host"),
  FIREWALL_HOOKS(
      "firewall-hooks",
      "packets are led to the firewall's chains, inside and on the host, as they were meant",
      "the kernel, nft list, type, hook, priority and policy of each base chain",
      "find out what else changes the rules of nftables on this host"),
  FIREWALL_RULES(
      "firewall-rules",
      "the firewall's rules and sets, inside and on the host, are those that were meant",
      "the kernel, nft list, rule by rule",
      "find out what else changes the rules of nftables on this host"),
  CLOCK(
      "clock",
      "the guest's clock is the host's",
      "the guest's agent, after it was set",
      "is the host overloaded? Try again"),
  RANDOM(
      "random",
      "the guest's random numbers are its own: it was reseeded, and shows none that another did",
      "the guest's agent, 16 bytes of its kernel's generator",
      "run ironclaw prune --templates: a template whose clones don't reseed is no good"),
  NAME(
      "name",
      "the guest has the name that it was given",
      "the guest's agent, uname(2) of its kernel",
      "run ironclaw prune --templates"),
  COMMAND_GROUPS(
      "command-groups",
      "commands are limited together, end with all that they started, and see no groups",
      "the guest's agent, read back from its kernel",
      "choose an image whose kernel has control groups of version 2"),
  GUEST_SECCOMP(
      "guest-seccomp",
      "commands can be put under a filter of their own whose refusals are counted",
      "the guest's agent, which has tried one",
      "run ironclaw prune --templates; a guest's kernel needs seccomp filters with listeners"),
  GUEST_NETWORK(
      "guest-network",
      "the guest's kernel has lo and the network device that was asked for, and no other",
      "the guest's agent, its kernel's own list",
      "choose an image that makes none"),
  GUEST_ROOT(
      "guest-root",
      "the guest's kernel lets nobody write its image, as a device or as it is mounted",
      "the guest's agent, BLKROGET and statfs(2)",
      "run ironclaw prune --templates"),
  FIREWALL_PROBE(
      "firewall-probe",
      "what the guest sends is dropped where it is not allowed, counted to the packet, and passes"
          + " where it is",
      "counters of the kernel, before and after the guest's agent has sent what it was given",
      "find out what else changes packets or rules on this host");

  private final String text;
  private final String claim;
  private final String where;
  private final String fix;

  ProofItem(String text, String claim, String where, String fix) {
    this.text = text;
    this.claim = claim;
    this.where = where;
    this.fix = fix;
  }

  /** As it is written. */
  public String text() {
    return text;
  }

  /** What holds when it is proven. */
  public String claim() {
    return claim;
  }

  /** Where that is read. */
  public String where() {
    return where;
  }

  /** What to do when it fails. */
  public String fix() {
    return fix;
  }

  /** Whether it is the host's doing: no other start of the guest, or template, would change it. */
  public boolean isOfHost() {
    return switch (this) {
      case TEMPLATE_MEMORY,
          TEMPLATE_STATE,
          CLOCK,
          RANDOM,
          NAME,
          COMMAND_GROUPS,
          GUEST_SECCOMP,
          GUEST_NETWORK,
          GUEST_ROOT ->
          false;
      default -> true;
    };
  }

  /** The item that is written so. */
  public static Optional<ProofItem> of(String text) {
    return Arrays.stream(values()).filter(item -> item.text.equals(text)).findFirst();
  }

  @Override
  public String toString() {
    return text;
  }
}
