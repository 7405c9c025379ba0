#!/usr/bin/env python3
"""The agent on vsock in a Linux guest, without KVM: QEMU emulates, and vhost-device-vsock has the device and the
socket that Firecracker has (CONNECT PORT, OK). Takes a cache with an image in it and vhost-device-vsock on PATH:
test-vsock.py CACHE"""
import glob
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

PORT = 1024
HELLO, RENEW, EXEC, DATA, EXITED, HELLO_REPLY, RENEWED = 0x01, 0x02, 0x03, 0x04, 0x8A, 0x81, 0x82


def manifest(cache, pattern):
    found = glob.glob(os.path.join(cache, "manifests", pattern)) or sys.exit(f"no {pattern} in {cache}")
    with open(max(found, key=os.path.getmtime)) as lines:
        return dict(line.rstrip("\n").split("=", 1) for line in lines if "=" in line)


def text(value):
    return struct.pack(">I", len(value)) + value


def frame(stream, kind, payload):
    return struct.pack(">IIBBH", len(payload), stream, kind, 0, 0) + payload


class Host:
    """One connection, as Firecracker's driver makes it."""

    def __init__(self, path, deadline):
        end = time.monotonic() + deadline
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(deadline)
            try:
                self.socket.connect(path)
                self.socket.sendall(b"CONNECT %d\n" % PORT)
                line = self.line()
                if line.startswith(b"OK "):
                    return
            except OSError as e:
                line = str(e).encode()
            if time.monotonic() > end:
                raise AssertionError(f"no guest after {deadline} s: {line}")
            self.socket.close()
            time.sleep(0.1)

    def line(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.socket.recv(1)
            if not byte:
                break
            line += byte
        return line

    def take(self):
        def exactly(n):
            data = b""
            while len(data) < n:
                more = self.socket.recv(n - len(data))
                assert more, "the agent hung up"
                data += more
            return data

        length, stream, kind, channel, _ = struct.unpack(">IIBBH", exactly(12))
        return stream, kind, channel, exactly(length)

    def hello(self):
        self.socket.sendall(frame(0, HELLO, struct.pack(">IHHQI", 0x49524E43, 4, 4, 7, 1)))
        assert self.take()[1] == HELLO_REPLY
        renewal = struct.pack(">Q", time.time_ns()) + text(b"vsock-guest") + text(os.urandom(64)) + struct.pack(">I", 0)
        self.socket.sendall(frame(0, RENEW, renewal))
        _, kind, _, payload = self.take()
        assert kind == RENEWED and b"vsock-guest" in payload, payload

    def run(self, stream, *argv):
        request = struct.pack(">IIIIQHH", 0, 0, 0, 0, 0, 0, 0) + text(b"/") + struct.pack(">H", len(argv))
        request += b"".join(text(a.encode()) for a in argv) + struct.pack(">H", 0) + b"\0"
        self.socket.sendall(frame(stream, EXEC, request))
        out = b""
        while True:
            _, kind, channel, payload = self.take()
            if kind == DATA:
                out += payload
                self.socket.sendall(struct.pack(">IIBBH", 4, stream, 0x06, channel, 0) + struct.pack(">I", len(payload)))
            elif kind == EXITED:
                return payload[1], out


def main():
    cache = sys.argv[1]
    kernel, rootfs = manifest(cache, "kernel-*.manifest"), manifest(cache, "rootfs-*-debian.manifest")
    initramfs = manifest(cache, "initramfs-*squashfs*.manifest")
    where = lambda piece: os.path.join(cache, piece["file.path"])
    with tempfile.TemporaryDirectory() as folder:
        control, channel = os.path.join(folder, "vhost"), os.path.join(folder, "vsock")
        console = open(os.path.join(folder, "console"), "w+b")
        device = subprocess.Popen(["vhost-device-vsock", "--guest-cid", "3", "--socket", control, "--uds-path", channel])
        try:
            end = time.monotonic() + 10
            while not os.path.exists(control) and time.monotonic() < end:
                time.sleep(0.02)
            line = ("console=ttyS0 8250.nr_uarts=1 quiet loglevel=4 panic=-1 reboot=t tsc=reliable no_timer_check"
                    " ironclaw.root=vda ironclaw.rootfs=squashfs ironclaw.channel=vsock ironclaw.scratch=64")
            qemu = subprocess.Popen([
                "qemu-system-x86_64", "-M", "microvm,memory-backend=mem,x-option-roms=off", "-accel", "tcg", "-cpu", "Nehalem-v1,+arat",
                "-m", "256M", "-nodefaults", "-no-user-config", "-nographic", "-no-reboot",
                "-object", "memory-backend-memfd,id=mem,size=256M,share=on", "-serial", "stdio",
                "-kernel", where(kernel), "-initrd", where(initramfs), "-append", line,
                "-chardev", f"socket,id=vs,path={control}", "-device", "vhost-user-vsock-device,chardev=vs",
                "-drive", f"id=root,if=none,format=raw,readonly=on,file={where(rootfs)}", "-device", "virtio-blk-device,drive=root",
            ], stdin=subprocess.DEVNULL, stdout=console, stderr=console)
            try:
                tried(channel)
            except BaseException:
                console.seek(0)
                sys.stderr.write(console.read().decode(errors="replace"))
                raise
            finally:
                qemu.kill()
                qemu.wait()
        finally:
            device.kill()
            device.wait()


def tried(channel):
    host = Host(channel, 60)
    host.hello()
    status, out = host.run(1, "/bin/uname", "-sn")
    assert status == 0 and out == b"Linux vsock-guest\n", out
    status, out = host.run(3, "/bin/sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x")
    assert status == 0 and len(out) == 3_000_000 and set(out) == {ord("x")}, len(out)
    # A program in the guest that takes the host's place would have to connect from the host's address.
    status, out = host.run(5, "/usr/bin/python3", "-c", "import socket\ntry:\n s=socket.socket(socket.AF_VSOCK); s.settimeout(5); "
                           "s.connect((3, 1024)); s.sendall(b'x'); print(s.recv(1))\nexcept OSError as e: print('refused', e)")
    assert b"refused" in out or out == b"b''\n", out
    print("ok: commands and 3 MB over vsock; in the guest:", out.decode().strip())
    host.socket.close()
    for i in range(3):
        host = Host(channel, 20)
        host.hello()
        status, out = host.run(1, "/bin/echo", str(i))
        assert (status, out) == (0, b"%d\n" % i), out
        host.socket.close()
    print("ok: one host after the other")


main()
