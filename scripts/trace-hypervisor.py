#!/usr/bin/env python3
"""Traces the system calls of QEMU through every phase of its life, and holds them to a filter.

    scripts/trace-hypervisor.py [--keep DIR] [POLICY...]

Runs ./ironclaw with strace around QEMU's jail: cold boot, template, clone, commands, bulk data both
ways, more CPUs, end by shutdown and by kill. Counted is what QEMU calls, from its first instruction on,
where the permissive policy refuses it what every policy does. Prints each call with how often it was
seen and in which phases, and of some their arguments; then, for each policy, what was seen and is not
allowed, and what is allowed and was not seen. Fails if a policy would have killed what was seen. Needs
strace, and a cache with the default image (any VM that was started before makes it).
"""
import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IRONCLAW = os.path.join(ROOT, "ironclaw")
CALL = re.compile(r"^(\d+) +([a-z_0-9]+)\((.*)$")
BEGIN = re.compile(r'^(\d+) +execve\("[^"]*qemu-system')
# Calls whose arguments a policy looks at: which argument, and how strace writes it.
ARGUMENTS = {"socket": 0, "prctl": 0, "ioctl": 1, "clone": None, "madvise": 2, "fcntl": 1,
             "seccomp": 0, "prlimit64": 2, "setsockopt": 2, "getsockopt": 2, "mmap": 3}
WRAPPER = """#!/bin/sh
exec strace -D -f -qq -s 128 -o {out}/$$ {bwrap} "$@"
"""


def phases(run):
    """Each phase by its name, with what runs in it."""
    megabytes = b"\0" * (48 << 20)
    cold = {"IRONCLAW_TEMPLATES": "off"}
    yield "boot", lambda: run("exec", "--", "true", env=cold)
    yield "template", lambda: run("exec", "--", "true")
    yield "clone", lambda: run("exec", "--", "sh", "-c", "ls -lR /usr/lib >/dev/null; echo done")
    yield "commands", lambda: run("exec", "--", "python3", "-c", "import json, ssl, time; time.sleep(2)")
    yield "bulk in", lambda: run("exec", "--", "sh", "-c", "cat >/dev/null", stdin=megabytes)
    yield "bulk out", lambda: run("exec", "--", "head", "-c", "50331648", "/dev/zero")
    yield "more CPUs", lambda: run("exec", "--vcpus", "4", "--memory", "512m", "--", "sh", "-c",
                                   "for i in 1 2 3 4; do sha256sum /usr/bin/python3 & done; wait")
    yield "shutdown", lambda: run("exec", "--", "sh", "-c", "echo o >/proc/sysrq-trigger; sleep 5", ok=False)
    yield "panic", lambda: run("exec", "--", "sh", "-c", "echo c >/proc/sysrq-trigger; sleep 5", ok=False)
    yield "reboot", lambda: run("exec", "--", "sh", "-c", "echo b >/proc/sysrq-trigger; sleep 5", ok=False)


def argument(call, rest):
    index = ARGUMENTS[call]
    if index is None:
        return rest.split("flags=")[-1].split(")")[0].split(",")[0]
    parts = rest.split(", ")
    return parts[index].rstrip(")").split(")")[0] if len(parts) > index else "?"


def read(folder, phase, seen, arguments):
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), errors="replace") as trace:
            jail = set()
            qemu = None
            for line in trace:
                begin = BEGIN.match(line)
                if begin and qemu is None:
                    qemu = begin.group(1)
                    jail.discard(qemu)
                found = CALL.match(line)
                if found and qemu is None:
                    jail.add(found.group(1))
                elif found and found.group(1) not in jail:
                    call, rest = found.groups()[1:]
                    seen[call][phase] += 1
                    if call in ARGUMENTS:
                        arguments[call][argument(call, rest)] += 1
        os.remove(os.path.join(folder, name))


def trace(folder, seen, arguments):
    cache = os.path.join(folder, "cache")
    home = os.environ.get("IRONCLAW_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ironclaw")
    shutil.copytree(home, cache,
                    ignore=shutil.ignore_patterns("templates", "run", "logs", "apt", "qemu-*", "lock"))
    out = os.path.join(folder, "out")
    os.mkdir(out)
    tools = os.path.join(folder, "tools")
    os.mkdir(tools)
    wrapper = os.path.join(tools, "bwrap")
    with open(wrapper, "w") as file:
        file.write(WRAPPER.format(bwrap=shutil.which("bwrap"), out=out))
    # Root's hypervisors, and what traces them, run as other users.
    for path, mode in ((folder, 0o755), (tools, 0o755), (wrapper, 0o755), (out, 0o777)):
        os.chmod(path, mode)

    def run(*args, env=None, stdin=b"", ok=True):
        done = subprocess.run(
            [IRONCLAW, *args], input=stdin, capture_output=True, timeout=600,
            env=dict(os.environ, IRONCLAW_CACHE=cache, XDG_RUNTIME_DIR="",
                     PATH=tools + ":" + os.environ["PATH"], IRONCLAW_JAIL="bubblewrap",
                     IRONCLAW_SECCOMP="permissive", IRONCLAW_ACCEL="emulated", **(env or {})))
        if ok and done.returncode != 0:
            sys.exit(f"{' '.join(args)} failed: {done.stderr.decode(errors='replace')}")

    for name, what in phases(run):
        print(f"tracing: {name}", file=sys.stderr, flush=True)
        what()
        read(out, name, seen, arguments)


def allowed(policy):
    """The names that a policy lets pass at least with some arguments, or refuses without a kill."""
    names = set()
    for rule in policy["rules"]:
        if rule["action"] == "allow" or isinstance(rule["action"], dict):
            names.update(rule["syscalls"])
    return names


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--keep", help="a folder for the result as JSON")
    options.add_argument("policies", nargs="*")
    given = options.parse_args()
    if not shutil.which("strace"):
        sys.exit("strace is not on PATH: apt-get install strace")
    seen = collections.defaultdict(collections.Counter)
    arguments = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as folder:
        trace(folder, seen, arguments)
    for call in sorted(seen):
        print(f"{call:24} {sum(seen[call].values()):8}  {', '.join(seen[call])}")
        if call in arguments and call != "mmap":
            print(f"{'':24} {', '.join(sorted(arguments[call]))}")
    if given.keep:
        with open(os.path.join(given.keep, "seen.json"), "w") as file:
            json.dump({call: dict(counts) for call, counts in seen.items()}, file, indent=1, sort_keys=True)
    failed = False
    for path in given.policies:
        with open(path) as file:
            names = allowed(json.load(file))
        missing = sorted(set(seen) - names)
        print(f"\n{path}: seen and not allowed: {' '.join(missing) or 'nothing'}")
        print(f"{path}: allowed and not seen: {' '.join(sorted(names - set(seen))) or 'nothing'}")
        failed = failed or bool(missing)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
