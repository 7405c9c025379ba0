"""Tries what each line of stdin says, "kind where port", and prints a line with what came of it."""
import errno
import os
import socket
import struct
import sys

WORDS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "refused",
    errno.EACCES: "refused",
    errno.EPERM: "refused",
    errno.ENETUNREACH: "no way",
    errno.EINVAL: "no way",
    errno.EADDRNOTAVAIL: "no way",
    errno.ECONNRESET: "cut",
}
MAC = bytes.fromhex(open("/sys/class/net/eth0/address").read().strip().replace(":", ""))
GATEWAY = bytes.fromhex("026963000001")


def tcp(where, port):
    with socket.create_connection((where, int(port)), 3) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return "passed" if s.recv(100) else "cut"


def udp(where, port):
    family = socket.AF_INET6 if ":" in where else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.connect((where, int(port)))
        s.send(b"x" * 32)
        return "passed" if s.recv(100) else "cut"


def raw(protocol):
    """A protocol that has no ports."""

    def attempt(where, _):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as s:
            s.sendto(struct.pack(">HHII", 1, 2, 0, 0), (where, 0))
        return "sent"

    return attempt


def checksum(b):
    total = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def packet(source, target, protocol=17, fragment=0, body=None):
    body = body or struct.pack(">HHHH", 1000, 9999, 16, 0) + b"x" * 8
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, fragment, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(target))
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


def mine():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("198.18.0.1", 9))
        return s.getsockname()[0]


def frames(make):
    def attempt(where, _):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind(("eth0", 0))
            for frame in make(where):
                s.send(frame)
        return "sent"

    return attempt


IP, V6 = b"\x08\x00", b"\x86\xdd"
KINDS = {
    "tcp": tcp,
    "udp": udp,
    "sctp": raw(132),
    "gre": raw(47),
    "spoof-ip": frames(lambda w: [GATEWAY + MAC + IP + packet("203.0.113.66", w)]),
    "spoof-mac": frames(lambda w: [GATEWAY + bytes.fromhex("026963000066") + IP + packet(mine(), w)]),
    "vlan": frames(lambda w: [GATEWAY + MAC + b"\x81\x00\x00\x07" + IP + packet(mine(), w),
                              GATEWAY + MAC + b"\x88\xa8\x00\x07" + IP + packet(mine(), w)]),
    # The part with the ports comes second, and then twice.
    "fragments": frames(lambda w: [GATEWAY + MAC + IP + packet(mine(), w, fragment=0x2000),
                                   GATEWAY + MAC + IP + packet(mine(), w, fragment=1, body=b"y" * 8),
                                   GATEWAY + MAC + IP + packet(mine(), w, fragment=0)[:34]]),
    "arp-spoof": frames(lambda w: [b"\xff" * 6 + MAC + b"\x08\x06" + struct.pack(
        ">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 2, MAC, socket.inet_aton(w), GATEWAY, socket.inet_aton(w))]),
    "dhcp": frames(lambda w: [b"\xff" * 6 + MAC + IP + packet("0.0.0.0", "255.255.255.255", body=struct.pack(
        ">HHHH", 68, 67, 248, 0) + b"\x01\x01\x06\x00" + b"\x00" * 236)]),
    "ra": frames(lambda w: [bytes.fromhex("333300000001") + MAC + V6 + bytes.fromhex("6000000000103aff")
                            + socket.inet_pton(socket.AF_INET6, "fe80::2") + socket.inet_pton(socket.AF_INET6, "ff02::1")
                            + bytes.fromhex("8600000040000708") + b"\x00" * 8]),
    "ipv6": frames(lambda w: [GATEWAY + MAC + V6 + bytes.fromhex("6000000000101140")
                              + socket.inet_pton(socket.AF_INET6, "2001:db8:1::66") + socket.inet_pton(socket.AF_INET6, w)
                              + struct.pack(">HHHH", 1, 9999, 16, 0) + b"x" * 8]),
    "multicast": frames(lambda w: [bytes.fromhex("01005e0000fb") + MAC + IP + packet(mine(), "224.0.0.251")]),
}


def scan(where, ports):
    low, high = (int(p) for p in ports.split("-"))
    open_ports = []
    for port in range(low, high + 1):
        with socket.socket() as s:
            s.settimeout(2)
            if s.connect_ex((where, port)) == 0:
                open_ports.append(port)
    return "open: %s" % open_ports


KINDS["scan"] = scan
for line in sys.stdin.read().splitlines():
    kind, where, port = line.split()
    try:
        print(KINDS[kind](where, port))
    except socket.gaierror:
        print("no address")
    except TimeoutError:
        print("silence")
    except OSError as e:
        print(WORDS.get(e.errno, os.strerror(e.errno or 0)))
