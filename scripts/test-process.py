"""Tests of ./ironclaw as a process: what it inherits, signals, real terminals. Boots real VMs.

test-process.py ROOT [-v] [TEST...]
"""

import hashlib
import json
import os
import pty
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

ROOT = os.path.abspath(sys.argv.pop(1))
IRONCLAW = os.path.join(ROOT, "ironclaw")
CACHE = os.environ.get("IRONCLAW_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ironclaw")
PATIENCE = 60
TRAP = 'trap "echo trapped; exit 7" %s; echo ready; while :; do sleep 0.1; done'
EMPTY_SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def run(*args, env=None, cwd=None, shell=None, stdin=subprocess.DEVNULL, limit=PATIENCE):
    """Runs it to its end. `shell` is a template that gets the program as $1 and the rest after it."""
    command = [IRONCLAW, *args]
    if shell:
        command = ["sh", "-c", shell, "sh", *command]
    return subprocess.run(command, env=env, cwd=cwd, stdin=stdin, capture_output=True, timeout=limit)


class Terminal:
    """A command whose controlling terminal is a pty that the test owns."""

    def __init__(self, *args, command=None):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            import fcntl

            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(slave, fd)
            os.closerange(3, 100)
            os.execv(*(command or (IRONCLAW, [IRONCLAW, *args])))

    def read_until(self, text, limit=PATIENCE):
        end = time.monotonic() + limit
        while text not in self.output:
            left = end - time.monotonic()
            ready, _, _ = select.select([self.master], [], [], max(0, left))
            if not ready:
                raise AssertionError(f"no {text!r} within {limit} s in {self.output!r}")
            self.output += os.read(self.master, 65536)

    def type(self, keys):
        os.write(self.master, keys)

    def drain(self):
        while select.select([self.master], [], [], 0)[0]:
            self.output += os.read(self.master, 65536)

    def wait(self, options=0, limit=PATIENCE):
        """The wait status. The pty is read meanwhile, or a full one would hold the command up."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, options | os.WNOHANG)
            if pid:
                self.drain()
                return status
            ready, _, _ = select.select([self.master], [], [], 0.02)
            if ready:
                self.output += os.read(self.master, 65536)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(f"did not end within {limit} s: {self.output!r}")

    def exit_status(self):
        return os.waitstatus_to_exitcode(self.wait())

    def mode(self):
        return termios.tcgetattr(self.slave)

    def close(self):
        os.close(self.master)
        os.close(self.slave)


def hypervisors(parent):
    """The processes below a process that are QEMU: a jail's program stands between."""
    found = []
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    stat = f.read()
                with open(f"/proc/{entry}/cmdline", "rb") as f:
                    line = f.read()
            except OSError:
                continue
            parents[int(entry)] = int(stat.rsplit(")", 1)[1].split()[1])
            if b"qemu-system" in line.split(b"\0")[0]:
                found.append(int(entry))
    return [pid for pid in found if parent in (parents[pid], parents.get(parents[pid]))]


class Inherited(unittest.TestCase):
    def test_a_closed_stdin_is_empty_and_no_file_of_the_host(self):
        done = run("exec", "--", "sha256sum", shell='exec "$@" <&-')
        self.assertEqual((done.returncode, done.stdout[:64].decode()), (0, EMPTY_SHA), done.stderr)

    def test_an_mcp_server_with_a_closed_stdin_ends_at_once(self):
        done = run("mcp", "stdio", shell='exec "$@" <&-', limit=10)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_closed_outputs_take_nothing_and_the_status_stays_the_commands(self):
        for closed in ("2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-"):
            done = run(
                "exec", "--", "sh", "-c", "echo hi; echo x >&2; exit 3", shell=f'exec "$@" {closed}'
            )
            self.assertEqual(done.returncode, 3, closed)

    def test_text_passes_every_locale_as_it_is(self):
        text = "héllo 漢 😀"
        for locale in ({"LC_ALL": "C"}, {}, {"LC_ALL": "xx_YY.UTF-8"}, {"LANG": "de_DE.ISO-8859-1"}):
            env = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"], "X": text, **locale}
            done = run("exec", "-e", "X", "-e", "Y=" + text, "--", "sh", "-c",
                       'printf "%s|%s|%s" "$1" "$X" "$Y"', "_", text, env=env)
            self.assertEqual(done.stdout.decode(), "|".join([text] * 3), (locale, done.stderr))

    def test_what_is_no_utf8_is_refused(self):
        done = run("exec", "--", "printf", "%s", b"bad\xff")
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"argument 5 is no UTF-8", done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        env = dict(os.environb, X=b"bad\xff")
        done = run("exec", "--json", "-e", "X", "--", "true", env=env)
        self.assertEqual(done.returncode, 64)
        self.assertIn(b'"status":64', done.stdout)

    def test_variables_that_the_launcher_sets_for_java_are_passed_as_they_were(self):
        env = dict(os.environ, LC_ALL="C", JAVA_TOOL_OPTIONS="-Dx=1")
        done = run("exec", "-e", "LC_ALL", "-e", "JAVA_TOOL_OPTIONS", "--", "sh", "-c",
                   'echo "$LC_ALL $JAVA_TOOL_OPTIONS"', env=env)
        self.assertEqual((done.stdout, done.stderr), (b"C -Dx=1\n", b""))
        env = {k: v for k, v in os.environ.items() if k != "LC_ALL"}
        done = run("exec", "-e", "LC_ALL", "--", "true", env=env)
        self.assertEqual(done.returncode, 64)
        done = run("test-mcp", "--", "sh", "-c", 'echo "LC_ALL=${LC_ALL-unset}" >&2', env=env)
        self.assertIn(b"LC_ALL=unset", done.stderr)

    def test_a_home_with_letters_that_are_not_ascii_works_without_a_locale(self):
        with tempfile.TemporaryDirectory() as folder:
            home = os.path.join(folder, "ünï")
            os.mkdir(home)
            done = run("doctor", env={"HOME": home, "PATH": os.environ["PATH"]})
            self.assertIn("ünï/.cache/ironclaw", done.stdout.decode())

    def test_a_folder_that_is_gone_is_told_in_one_line(self):
        done = run("exec", "--", "true", cwd="/tmp",
                   shell='d=$(mktemp -d); cd "$d"; rmdir "$d"; exec "$@"')
        # The shell that the test starts says so as well.
        self.assertEqual((done.returncode, done.stderr.count(b"ironclaw: ")), (125, 1), done.stderr)
        self.assertIn(b"current folder is gone", done.stderr)

    def test_too_few_files_are_told_in_one_line(self):
        done = run("exec", "--", "true", shell='ulimit -n 40; exec "$@"')
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (125, 1), done.stderr)
        self.assertIn(b"only 40 files may be open", done.stderr)

    def test_wrong_variables_are_refused(self):
        for name, value in (("IRONCLAW_ACCEL", "bogus"), ("IRONCLAW_TEMPLATES", "no"),
                            ("IRONCLAW_CACHE", "rel")):
            done = run("exec", "--json", "--", "true", env=dict(os.environ, **{name: value}))
            self.assertEqual(done.returncode, 64, name)
            self.assertIn(name.encode(), done.stderr)
            self.assertIn(b'"status":64', done.stdout)

    def test_a_demand_for_hardware_is_met_or_refused_and_never_ignored(self):
        held = run("exec", "--json", "--", "true")
        hardware = json.loads(held.stdout)["vm"]["isolation"] == "hardware"
        for args, env in ((("--require", "hardware"), {}), ((), {"IRONCLAW_ACCEL": "kvm"})):
            done = run("exec", *args, "--", "true", env=dict(os.environ, **env))
            self.assertEqual(done.returncode, 0 if hardware else 125, done.stderr)
            self.assertEqual(done.stderr.count(b"\n"), 0 if hardware else 1, done.stderr)
            self.assertTrue(hardware or b"no VM was started" in done.stderr, done.stderr)

    def test_no_signal_makes_java_write_to_stdout(self):
        for args in (("exec", "--", "sh", "-c", "trap : QUIT; echo ready; sleep 1; sleep 1"),
                     ("mcp", "stdio")):
            process = subprocess.Popen([IRONCLAW, *args], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            first = process.stdout.readline() if args[0] == "exec" else b""
            if not first:
                time.sleep(1.5)
            process.send_signal(signal.SIGQUIT)
            out, err = process.communicate(timeout=PATIENCE)
            # What the shell in the guest says of its sleep.
            self.assertEqual((out, err.replace(b"Quit\n", b"")), (b"", b""))


class Signals(unittest.TestCase):
    def terminal(self, *args, **options):
        terminal = Terminal(*args, **options)
        self.addCleanup(terminal.close)
        return terminal

    def test_keys_of_the_terminal_reach_the_command(self):
        for key, name in ((b"\x03", "INT"), (b"\x1c", "QUIT")):
            terminal = self.terminal("exec", "--", "sh", "-c", TRAP % name)
            terminal.read_until(b"ready")
            terminal.type(key)
            self.assertEqual(terminal.exit_status(), 7, terminal.output)
            self.assertIn(b"trapped", terminal.output)
            self.assertNotIn(b"ironclaw", terminal.output)

    def test_a_second_interrupt_ends_the_vm(self):
        terminal = self.terminal("exec", "--", "sh", "-c", "trap '' INT; echo ready; sleep 100")
        terminal.read_until(b"ready")
        terminal.type(b"\x03")
        self.assertEqual(os.waitpid(terminal.pid, os.WNOHANG)[0], 0)
        time.sleep(0.3)
        terminal.type(b"\x03")
        self.assertEqual(terminal.exit_status(), 130, terminal.output)

    def test_the_stop_key_stops_the_command_and_the_job_and_both_go_on(self):
        terminal = self.terminal(
            "exec", "--", "sh", "-c", "echo ready; i=0; while [ $i -lt 10 ]; do sleep 0.2; i=$((i+1)); done; echo over"
        )
        terminal.read_until(b"ready")
        terminal.type(b"\x1a")
        status = terminal.wait(os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status), status)
        time.sleep(3)
        terminal.drain()
        self.assertNotIn(b"over", terminal.output)
        os.kill(terminal.pid, signal.SIGCONT)
        self.assertEqual(terminal.exit_status(), 0, terminal.output)
        self.assertIn(b"over", terminal.output)

    def test_termination_and_hang_up_are_the_commands_first(self):
        for name in ("TERM", "HUP"):
            terminal = self.terminal("exec", "--", "sh", "-c", TRAP % name)
            terminal.read_until(b"ready")
            os.kill(terminal.pid, getattr(signal, "SIG" + name))
            self.assertEqual(terminal.exit_status(), 7, terminal.output)
            self.assertIn(b"trapped", terminal.output)

    def test_a_command_that_ignores_termination_ends_after_the_grace(self):
        terminal = self.terminal("exec", "--", "sh", "-c", "trap '' TERM; echo ready; sleep 100")
        terminal.read_until(b"ready")
        begin = time.monotonic()
        os.kill(terminal.pid, signal.SIGTERM)
        self.assertEqual(terminal.exit_status(), 143, terminal.output)
        self.assertTrue(4 < time.monotonic() - begin < 15)

    def test_the_status_is_the_signals_at_every_moment_of_a_start(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            for step in range(8):
                process = subprocess.Popen([IRONCLAW, "exec", "--", "sleep", "100"],
                                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                time.sleep(0.02 + step * 0.09)
                process.send_signal(number)
                out, err = process.communicate(timeout=PATIENCE)
                # Before the launcher became Java, the shell dies of the signal itself.
                self.assertIn(process.returncode, (status, -number), (step, err))
                self.assertEqual((out, err), (b"", b""), step)

    def test_the_hypervisor_is_in_no_process_group_of_the_terminal(self):
        terminal = self.terminal("exec", "--", "sh", "-c", "echo ready; sleep 100")
        terminal.read_until(b"ready")
        (qemu,) = hypervisors(terminal.pid)
        self.assertNotEqual(os.getsid(qemu), os.getsid(terminal.pid))
        terminal.type(b"\x03")
        self.assertEqual(terminal.exit_status(), 130, terminal.output)

    def test_a_held_vm_and_a_server_end_with_the_interrupt_key(self):
        held = self.terminal("spawn-vm")
        held.read_until(b"Ctrl-C ends it")
        held.type(b"\x03")
        self.assertEqual(held.exit_status(), 0, held.output)
        self.assertIn(b"is gone after", held.output)
        server = self.terminal("mcp", "stdio")
        time.sleep(1)
        server.type(b"\x03")
        self.assertEqual(server.exit_status(), 130, server.output)


class Terminals(unittest.TestCase):
    def shell(self, *args):
        terminal = Terminal("shell", *args)
        self.addCleanup(terminal.close)
        return terminal

    def assert_restored(self, terminal, status):
        self.assertEqual(terminal.exit_status(), status, terminal.output)
        self.assertEqual(terminal.mode(), terminal.before, terminal.output)

    def test_the_terminal_is_raw_inside(self):
        terminal = self.shell("--", "sh", "-c", "echo ready; sleep 100")
        terminal.read_until(b"ready")
        self.assertFalse(terminal.mode()[3] & termios.ICANON)
        os.kill(terminal.pid, signal.SIGTERM)
        self.assert_restored(terminal, 143)

    def test_it_is_restored_when_the_shell_ends(self):
        terminal = self.shell("--", "sh", "-c", "exit 4")
        self.assert_restored(terminal, 4)

    def test_it_is_restored_when_the_guest_powers_off(self):
        terminal = self.shell("--", "sh", "-c", "echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger; sleep 100")
        self.assert_restored(terminal, 125)

    def test_it_is_restored_when_the_hypervisor_is_killed(self):
        terminal = self.shell("--", "sh", "-c", "echo ready; sleep 100")
        terminal.read_until(b"ready")
        (qemu,) = hypervisors(terminal.pid)
        os.kill(qemu, signal.SIGKILL)
        self.assert_restored(terminal, 125)

    def test_it_is_restored_at_the_time_limit_and_after_errors(self):
        self.assert_restored(self.shell("--timeout", "300ms", "--", "sleep", "100"), 124)
        self.assert_restored(self.shell("--", "nosuchcommand"), 127)
        self.assert_restored(self.shell("--image", "nope"), 125)

    def test_it_is_restored_by_the_escape_key(self):
        terminal = self.shell("--", "sh", "-c", "trap '' HUP; echo ready; sleep 100")
        terminal.read_until(b"ready")
        terminal.type(b"\x1d\x1d\x1d")
        self.assert_restored(terminal, 129)


class Leftovers(unittest.TestCase):
    def test_kills_at_random_moments_leave_nothing_after_the_next_start(self):
        dice = random.Random(50)
        with tempfile.TemporaryDirectory() as run_folder:
            os.chmod(run_folder, 0o700)
            env = dict(os.environ, XDG_RUNTIME_DIR=run_folder)
            for i in range(50):
                args = ("exec", "--", "sleep", "100") if i % 3 else ("mcp", "stdio")
                process = subprocess.Popen([IRONCLAW, *args], env=env, stdin=subprocess.PIPE,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                if not i % 3:
                    for message in (FirstRun.HELLO, FirstRun.CALL):
                        process.stdin.write((json.dumps(message) + "\n").encode())
                    process.stdin.flush()
                time.sleep(dice.uniform(0, 1.3))
                process.kill()
                process.wait()
                process.stdin.close()
            done = run("exec", "--", "true", env=env)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            left = [n for n in os.listdir(os.path.join(run_folder, "ironclaw")) if n != ".lock"]
            self.assertEqual(left, [])
            folder = run_folder.encode()
            for entry in os.listdir("/proc"):
                if entry.isdigit():
                    try:
                        with open(f"/proc/{entry}/cmdline", "rb") as f:
                            self.assertNotIn(folder, f.read(), entry)
                        with open(f"/proc/{entry}/mountinfo", "rb") as f:
                            self.assertNotIn(os.path.basename(folder), f.read(), entry)
                        self.assertNotIn(folder, os.fsencode(os.readlink(f"/proc/{entry}/cwd")), entry)
                    except OSError:
                        pass


    def test_a_template_in_the_making_is_gone_after_a_signal_or_after_the_next_build(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o700)
            cache = os.path.join(folder, "cache")
            shutil.copytree(CACHE, cache, ignore=shutil.ignore_patterns("templates", "run", "logs", "apt"))
            templates = os.path.join(cache, "templates")
            env = dict(os.environ, XDG_RUNTIME_DIR=folder, IRONCLAW_CACHE=cache)

            def unfinished():
                there = os.listdir(templates) if os.path.exists(templates) else []
                return [name for name in there if name.endswith(".building")]

            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                process = subprocess.Popen([IRONCLAW, "exec", "--", "true"], env=env,
                                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
                end = time.monotonic() + PATIENCE
                while not unfinished() and time.monotonic() < end:
                    time.sleep(0.02)
                self.assertEqual(len(unfinished()), 1)
                process.send_signal(number)
                process.communicate(timeout=PATIENCE)
                self.assertIn(process.returncode, (-number, 128 + number))
                if number != signal.SIGKILL:
                    self.assertEqual(unfinished(), [], number)
            done = run("exec", "-v", "--", "true", env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b": clone, ", done.stderr)
            self.assertEqual(unfinished(), [])
            left = [n for n in os.listdir(os.path.join(folder, "ironclaw")) if n != ".lock"]
            self.assertEqual(left, [])


def status(pid, task):
    with open(f"/proc/{pid}/task/{task}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def namespaces(pid):
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}")
            for kind in ("user", "pid", "mnt", "net", "ipc", "uts", "cgroup")}


def descendants(pid):
    """All processes below one, with the names of their programs."""
    below = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    text = f.read()
            except OSError:
                continue
            name, rest = text.split("(", 1)[1].rsplit(")", 1)
            below.setdefault(int(rest.split()[1]), []).append((int(entry), name))
    found, more = [], [pid]
    while more:
        children = below.get(more.pop(), [])
        found += children
        more += [child for child, _ in children]
    return found


def groups():
    """The control groups of VMs, wherever they are mounted."""
    found = set()
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        found.update(os.path.join(folder, name) for name in names if name.startswith("ironclaw-"))
    return found


def processes(group):
    try:
        with open(os.path.join(group, "cgroup.procs")) as f:
            return f.read().split()
    except OSError:
        return ["gone meanwhile"]


class Jail(unittest.TestCase):
    def spawned(self, command, env=None):
        process = subprocess.Popen([*command, "spawn-vm", "--json"], env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout.close(),
                                 process.stderr.close()))
        line = process.stdout.readline()
        self.assertIn(b"hypervisor", line, b"" if b"hypervisor" in line else process.stderr.read())
        (qemu,) = [pid for pid, name in descendants(process.pid) if name.startswith("qemu-system")]
        return process, json.loads(line), qemu

    def assert_posture(self, qemu, uid):
        tasks = os.listdir(f"/proc/{qemu}/task")
        self.assertGreater(len(tasks), 2)
        for task in tasks:
            found = status(qemu, task)
            self.assertEqual((found["Seccomp"], found["Seccomp_filters"], found["NoNewPrivs"]), ("2", "2", "1"))
            for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.assertEqual(int(found[kind], 16), 0, kind)
            for kind in ("Uid", "Gid"):
                self.assertEqual({int(n) for n in found[kind].split()}, {uid}, kind)
        ours = namespaces("self")
        for kind, inode in namespaces(qemu).items():
            self.assertNotEqual(inode, ours[kind], kind)
        with open(f"/proc/{qemu}/mountinfo") as f:
            mounts = {line.split()[4]: line.split()[5].split(",") for line in f}
        for place, options in mounts.items():
            self.assertTrue("ro" in options or place in ("/dev/null", "/dev/kvm"), (place, options))
        self.assertTrue({"/", "/vm/memory", "/vm/root", "/vm/sock"} <= set(mounts))
        for place in mounts:
            self.assertFalse(place.startswith(("/proc", "/sys", "/home", "/root", "/tmp", "/run")), place)
        self.assertEqual(os.listdir(f"/proc/{qemu}/root"), [n for n in os.listdir(f"/proc/{qemu}/root")
                                                            if n not in ("root", "home", "proc", "sys")])
        for fd in os.listdir(f"/proc/{qemu}/fd"):
            to = os.readlink(f"/proc/{qemu}/fd/{fd}")
            self.assertRegex(to, r"^(socket:|pipe:|anon_inode:|/dev/null$|/memfd:|/vm/)", fd)
        with open(f"/proc/{qemu}/environ", "rb") as f:
            names = {v.split(b"=")[0] for v in f.read().split(b"\0") if v}
        self.assertLessEqual(names, {b"LC_ALL", b"TMPDIR", b"LD_PRELOAD", b"PWD"})

    def test_the_posture_of_the_live_hypervisor_is_what_is_promised(self):
        process, spawn, qemu = self.spawned([IRONCLAW])
        self.assertEqual((spawn["jail"], spawn["seccomp"]), ("bubblewrap", "basic"))
        uid = int(status(qemu, qemu)["Uid"].split()[0])
        if os.getuid() == 0:
            self.assertGreaterEqual(uid, 1900000000)
        self.assert_posture(qemu, uid if os.getuid() == 0 else os.getuid())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)

    def as_a_user(self, folder, uid=54321):
        """The command and the environment of a user with a cache like this one."""
        if os.getuid() != 0:
            return [IRONCLAW], dict(os.environ), os.getuid()
        os.chmod(folder, 0o755)
        cache = os.path.join(folder, "cache")
        shutil.copytree(CACHE, cache, ignore=shutil.ignore_patterns("templates", "run", "logs", "apt"))
        runtime = os.path.join(folder, "run")
        os.mkdir(runtime, 0o700)
        os.chown(runtime, uid, uid)
        for where, folders, files in os.walk(cache):
            for name in (where, *(os.path.join(where, file) for file in files)):
                os.chown(name, uid, uid)
        command = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", IRONCLAW]
        return command, dict(os.environ, IRONCLAW_CACHE=cache, XDG_RUNTIME_DIR=runtime, HOME=runtime), uid

    def test_a_users_hypervisor_is_in_a_jail_too_and_what_that_does_not_give_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            command, env, uid = self.as_a_user(folder)
            process, spawn, qemu = self.spawned(command, env)
            self.assertEqual(spawn["jail"], "bubblewrap")
            self.assert_posture(qemu, uid)
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
            done = subprocess.run([*command, "exec", "--require", "own-uid", "--", "true"], env=env, cwd="/",
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 125)
            self.assertIn(b"own-uid is not proven: it is demanded and absent: it runs as user", done.stderr)

    def test_what_the_configuration_demands_is_demanded_of_every_vm(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ironclaw.toml")
            env = dict(os.environ, IRONCLAW_CONFIG=path)
            with open(path, "w") as f:
                f.write('require = ["jailed", "seccomp"]\n')
            self.assertEqual(run("exec", "--", "true", env=env).returncode, 0)
            done = run("exec", "--jail", "none", "--", "true", env=env)
            self.assertEqual(done.returncode, 125)
            self.assertIn(b"a jail is demanded", done.stderr)
            with open(path, "w") as f:
                f.write('requires = ["jailed"]\n')
            done = run("exec", "--", "true", env=env)
            self.assertEqual(done.returncode, 64)
            self.assertIn(b"has requires, which is not known", done.stderr)

    def test_a_running_vms_isolation_is_read_again_for_whoever_asks_and_what_is_lost_ends_it(self):
        process, spawn, qemu = self.spawned([IRONCLAW])
        first = run("proof", spawn["id"], "--json")
        self.assertEqual(first.returncode, 0, first.stderr)
        proof = json.loads(first.stdout)
        self.assertEqual((proof["vm"], proof["occasion"], proof["pid"]), (spawn["id"], "re-check", qemu))
        self.assertEqual({item["verdict"] for item in proof["items"]}, {"proven", "absent"})
        canonical = json.dumps(proof, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(canonical.encode() + b"\n", first.stdout)
        shown = run("proof", "--last", "-v")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(b"isolation of VM " + spawn["id"].encode(), shown.stdout)
        # Read once more by that: another document, of which the digest is shown.
        with open(os.path.join(CACHE, "proofs", spawn["id"] + ".json"), "rb") as f:
            self.assertIn(hashlib.sha256(f.read()).hexdigest().encode(), shown.stdout)
        bounds = [os.path.join(group, "pids.max") for group in groups() if str(qemu) in processes(group)]
        bounds = [file for file in bounds if os.path.exists(file)]
        if not bounds:
            self.skipTest("NOT TESTED: what is lost: no control group of processes can be had here")
        with open(bounds[0], "w") as f:
            f.write("4000")
        lost = run("proof", spawn["id"])
        self.assertEqual(lost.returncode, 125)
        self.assertIn(b"was ended: cgroup-pids is not proven: pids.max is 4000, set to ", lost.stderr)
        self.assertFalse(os.path.exists(f"/proc/{qemu}"))
        gone = run("proof", spawn["id"], "--json")
        self.assertEqual(json.loads(gone.stdout)["vm"], spawn["id"])

    def test_no_jail_is_said_each_time_and_refused_where_one_is_demanded(self):
        done = run("exec", "--jail", "none", "--json", "--", "true")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["vm"]["jail"], "none")
        self.assertIn(b"no jail is around the hypervisor", done.stderr)
        done = run("exec", "--jail", "none", "--require", "jailed", "--", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"a jail is demanded", done.stderr)
        self.assertEqual(done.stdout, b"")

    def test_a_kill_of_any_process_at_any_moment_of_a_start_leaves_nothing(self):
        dice = random.Random(15)
        before = groups()
        with tempfile.TemporaryDirectory() as run_folder:
            os.chmod(run_folder, 0o700)
            env = dict(os.environ, XDG_RUNTIME_DIR=run_folder)
            killed = set()
            for _ in range(25):
                process = subprocess.Popen([IRONCLAW, "exec", "--", "sleep", "100"], env=env,
                                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                end = time.monotonic() + 20
                victims = []
                while not victims and time.monotonic() < end:
                    victims = [v for v in descendants(process.pid)
                               if v[1] in ("setpriv", "setsid", "sh", "bwrap") or v[1].startswith("qemu")]
                wait = time.monotonic() + dice.uniform(0, 0.25)
                while time.monotonic() < wait:
                    pass
                victims = [v for v in descendants(process.pid)
                           if v[1] in ("setpriv", "setsid", "sh", "bwrap") or v[1].startswith("qemu")]
                if victims:
                    pid, name = dice.choice(victims)
                    killed.add(name)
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                # A clone is tried twice: it may be up all the same.
                time.sleep(0.3)
                process.terminate()
                try:
                    process.wait(PATIENCE)
                finally:
                    process.kill()
            self.assertGreater(len(killed), 1, killed)
            done = run("gc", "--json", env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([n for n in os.listdir(os.path.join(run_folder, "ironclaw")) if n != ".lock"], [])
            left = groups() - before
            time.sleep(1)
            self.assertEqual([group for group in groups() & left if not processes(group)], [])
            name = os.path.basename(run_folder)
            for entry in os.listdir("/proc"):
                if entry.isdigit():
                    try:
                        with open(f"/proc/{entry}/mountinfo") as f:
                            self.assertNotIn(name, f.read(), entry)
                    except OSError:
                        pass


@unittest.skipUnless(os.getuid() == 0, "NOT TESTED: networks of VMs; root makes them")
class Hypervisors(unittest.TestCase):
    """Which hypervisor is chosen, and how one is put in place; none is started."""

    def test_one_that_is_asked_for_and_can_not_be_used_is_told_with_the_reason(self):
        done = run("exec", "--hypervisor", "firecracker", "--", "true", env={**os.environ, "IRONCLAW_ACCEL": "emulated"})
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"Firecracker is asked for and can't be used: Firecracker does not emulate", done.stderr)
        done = run("exec", "--hypervisor", "firecracker", "--jail", "none", "--", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"not started without its jailer", done.stderr)
        done = run("exec", "--hypervisor", "xen", "--", "true")
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"use auto, firecracker or qemu", done.stderr)

    def test_a_release_is_put_in_place_by_its_digest_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            release = os.path.join(folder, "release-v1.16.1-x86_64")
            os.mkdir(release)
            for name in ("Firecracker", "Jailer"):
                path = os.path.join(release, f"{name.lower()}-v1.16.1-x86_64")
                with open(path, "w") as program:
                    program.write(f"#!/bin/sh\necho {name} v1.16.1\n")
                os.chmod(path, 0o755)
            archive = os.path.join(folder, "firecracker.tgz")
            subprocess.run(["tar", "-C", folder, "-czf", archive, "release-v1.16.1-x86_64"], check=True)
            with open(archive, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            env = {**os.environ, "XDG_DATA_HOME": os.path.join(folder, "data")}
            done = run("doctor", "--install-firecracker", archive, env=env)
            self.assertEqual(done.returncode, 125)
            self.assertIn(b"none of the releases that are known", done.stderr)
            done = run("doctor", "--install-firecracker", archive, "--sha256", "0" * 64, env=env)
            self.assertEqual(done.returncode, 125)
            self.assertFalse(os.path.exists(os.path.join(folder, "data")))
            done = run("doctor", "--install-firecracker", archive, "--sha256", digest, env=env)
            self.assertEqual((done.returncode, done.stdout), (0, f"firecracker 1.16.1 in {folder}/data/ironclaw/firecracker\n".encode()))
            done = run("doctor", "--sha256", digest, env=env)
            self.assertEqual(done.returncode, 64)


class Networks(unittest.TestCase):
    """VMs with a network device, on a host that is a namespace: nothing is made in the machine's own."""

    HOST = "ironclaw-test"

    def setUp(self):
        subprocess.run(["ip", "netns", "add", self.HOST], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "del", self.HOST], check=True)
        for words in ("link set lo up", "link add out type veth peer name in", "addr add 203.0.113.1/24 dev out",
                      "link set out up", "link set in up", "route add default via 203.0.113.254"):
            subprocess.run(["ip", "-n", self.HOST, *words.split()], check=True)
        self.on_host("sysctl", "-qw", "net.ipv4.ip_forward=1")

    def on_host(self, *words, **more):
        return subprocess.run(["ip", "netns", "exec", self.HOST, *words], check=True, capture_output=True, **more)

    def start(self, *words, **more):
        return subprocess.Popen(["ip", "netns", "exec", self.HOST, IRONCLAW, *words], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def listed(self):
        """All that IronClaw makes on a host."""
        tables = self.on_host("nft", "list", "tables").stdout.decode()
        links = self.on_host("ip", "-br", "link").stdout.decode()
        routes = self.on_host("ip", "route").stdout.decode()
        return tables, [line.split()[0] for line in links.splitlines()], routes

    def test_a_port_is_published_a_denial_is_told_and_net_show_has_both(self):
        before = self.listed()
        serve = ("import socket; s = socket.socket(); s.bind(('0.0.0.0', 80)); s.listen(5); socket.socket().connect_ex(('203.0.113.9', 81))\n"
                 "print('ready', flush=True)\nwhile True:\n  c, _ = s.accept(); c.sendall(b'out of the VM'); c.close()")
        process = self.start("exec", "--network", "tap", "--allow", "203.0.113.0/24:80", "--publish", "8080:80",
                             "--id", "published", "--", "python3", "-c", serve)
        try:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            fetch = "import socket; print(socket.create_connection(('127.0.0.1', 8080), 5).recv(100).decode())"
            self.assertEqual(self.on_host(sys.executable, "-c", fetch).stdout, b"out of the VM\n")
            elsewhere = "import socket; s = socket.socket(); print(s.connect_ex(('203.0.113.1', 8080)))"
            self.assertEqual(self.on_host(sys.executable, "-c", elsewhere).stdout, b"111\n")
            shown = run("net", "show", "published")
            self.assertEqual((shown.returncode, shown.stderr), (0, b""))
            for words in (b"rule       allow 203.0.113.0/24:80 (0)", b"rule       publish 127.0.0.1:8080:80",
                          b"denied     tcp to 203.0.113.9:81, 1 times", b"; to allow it: --allow 203.0.113.9:81"):
                self.assertIn(words, shown.stdout)
            as_json = json.loads(run("net", "show", "published", "--json").stdout)
            self.assertEqual(as_json["denials"][0]["rule"], "203.0.113.9:81")
            proof = run("proof", "published", "--json")
            self.assertIn(b'"item":"firewall-probe"', proof.stdout)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=PATIENCE)
        self.assertIn(b"ironclaw: VM published was denied tcp to 203.0.113.9:81; to allow it: --allow 203.0.113.9:81", said)
        self.assertEqual(self.listed(), before)
        gone = run("net", "show", "published")
        self.assertEqual(gone.returncode, 125)
        self.assertIn(b"no VM published of this user runs that has a network", gone.stderr)

    def test_kills_leave_nothing_after_gc(self):
        before = self.listed()
        dice = random.Random(17)
        with tempfile.TemporaryDirectory() as run_folder:
            os.chmod(run_folder, 0o700)
            env = dict(os.environ, XDG_RUNTIME_DIR=run_folder, IRONCLAW_AUDIT=run_folder + "/audit",
                       IRONCLAW_AUDIT_KEY=run_folder + "/key")
            for i in range(12):
                process = self.start("exec", "--network", "tap", "--", "sleep", "100", env=env)
                time.sleep(dice.uniform(0.2, 3))
                # What runs it, and so the hypervisor.
                subprocess.run(["pkill", "-KILL", "-f", run_folder], check=False)
                process.kill()
                process.communicate()
            done = self.on_host(IRONCLAW, "gc", "--json", env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
            # What was cleared is entered, by the next start or by gc, and the log is whole.
            cleared = run("audit", "tail", "--kind", "cleared", "--json", env=env).stdout.splitlines()
            self.assertGreater(sum(json.loads(line)["data"]["vms"] for line in cleared), 0)
            whole = run("audit", "verify", env=env)
            self.assertEqual(whole.returncode, 0, whole.stdout)
            end = time.monotonic() + PATIENCE
            # The kernel takes a namespace's links a moment after its last process.
            while self.listed() != before and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(self.listed(), before)

    def test_what_a_network_needs_is_said_with_the_fix(self):
        def refused(*words, **more):
            process = self.start("exec", "--network", "tap", "--", "true", **more)
            _, said = process.communicate(timeout=PATIENCE)
            self.assertEqual((process.returncode, said.count(b"\n")), (125, 1), said)
            for word in words:
                self.assertIn(word, said)

        self.on_host("sysctl", "-qw", "net.ipv4.ip_forward=0")
        refused(b"this host does not forward packets", b"sysctl -w net.ipv4.ip_forward=1")
        self.on_host("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.on_host("nft", "-f", "-", input=b"table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop;\n}\n}")
        refused(b"drops what it should forward", b"ip filter FORWARD, policy drop", b"DOCKER-USER")
        self.on_host("nft", "flush", "ruleset")
        process = subprocess.run(["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin",
                                  IRONCLAW, "exec", "--network", "tap", "--", "true"],
                                 stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        self.assertEqual(process.returncode, 125, process.stderr)
        self.assertIn(b"CAP_NET_ADMIN", process.stderr)
        wrong = run("exec", "--network", "tap", "--allow", "http://example.org", "--", "true")
        self.assertEqual(wrong.returncode, 64)
        self.assertIn(b"is no rule", wrong.stderr)
        alone = run("exec", "--allow", "example.org", "--", "true")
        self.assertEqual(alone.returncode, 64)
        self.assertIn(b"add --network tap", alone.stderr)


@unittest.skipUnless(os.getuid() == 0, "NOT TESTED: hosts that can make no jail; root makes them")
class HostsThatCanMakeNoJail(unittest.TestCase):
    def refused(self, around, *words, doctor=(), env=None, limit=PATIENCE):
        """No VM starts, and it is said why; with --jail none one does."""
        done = subprocess.run([*around, IRONCLAW, "exec", "--", "true"], env=env, cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=limit)
        self.assertEqual(done.returncode, 125, done.stderr)
        said = done.stderr.decode()
        self.assertEqual(said.count("\n"), 1, said)
        for word in words:
            self.assertIn(word, said)
        if doctor:
            done = subprocess.run([*around, IRONCLAW, "doctor"], env=env, cwd="/", stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=limit)
            self.assertNotEqual(done.returncode, 0)
            for word in doctor:
                self.assertIn(word, done.stdout.decode())

    def unjailed(self, around, env=None):
        done = subprocess.run([*around, IRONCLAW, "exec", "--jail", "none", "--", "echo", "ran"], env=env,
                              cwd="/", stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (0, b"ran\n"), done.stderr)

    def test_without_bubblewrap(self):
        with tempfile.TemporaryDirectory() as folder:
            for tools in ("/usr/sbin", "/usr/bin"):
                for name in os.listdir(tools):
                    if name != "bwrap" and not os.path.lexists(os.path.join(folder, name)):
                        os.symlink(os.path.join(tools, name), os.path.join(folder, name))
            env = dict(os.environ, PATH=folder)
            self.refused([], "no jail: bwrap is not on PATH", "apt-get install bubblewrap", "--jail none",
                         doctor=("bwrap is not on PATH", "sudo apt-get install bubblewrap"), env=env)
            self.unjailed([], env)

    def test_without_user_namespaces(self):
        around = ["unshare", "-U", "--map-user=1000", "--map-group=1000", "--keep-caps", "sh", "-c",
                  'echo 0 >/proc/sys/user/max_user_namespaces || exit 99\n'
                  'exec setpriv --ambient-caps=-all --inh-caps=-all "$@"', "sh"]
        self.refused(around, "no jail can be made: bwrap: ", "`ironclaw doctor`",
                     doctor=("no user namespaces: user.max_user_namespaces is 0",
                             "sudo sysctl -w user.max_user_namespaces=15000"))
        self.unjailed(around)

    def test_as_root_without_the_right_to_mount(self):
        around = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
        self.refused(around, "no jail can be made", "root without CAP_SYS_ADMIN", "--jail none",
                     doctor=("CAP_SYS_ADMIN",))
        self.unjailed(around)

    def test_in_a_container_without_the_user_ids(self):
        around = ["unshare", "-Ur"]
        self.refused(around, "don't exist in this container", "IRONCLAW_JAIL_UIDS",
                     doctor=("IRONCLAW_JAIL_UIDS",))


class Cache(unittest.TestCase):
    """Where others keep it, and how its room is given back."""

    # What is told of a build is no error.
    READ_ONLY = ('mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && ! touch "$0/x" 2>&1 && exec "$@"')

    def test_a_complete_one_works_where_it_can_not_be_written(self):
        with tempfile.TemporaryDirectory() as run_folder:
            os.chmod(run_folder, 0o700)
            env = dict(os.environ, XDG_RUNTIME_DIR=run_folder, IRONCLAW_CACHE=CACHE)
            for i in range(2):
                # Whoever is not root is it in a namespace of users.
                unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
                command = [*unshare, "sh", "-c", self.READ_ONLY, CACHE, IRONCLAW,
                           "exec", "--", "id", "-un"]
                done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL,
                                      capture_output=True, timeout=PATIENCE)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.endswith(b"Read-only file system\nroot\n"), done.stdout)
            templates = os.path.join(run_folder, "ironclaw", "cache", "templates")
            self.assertEqual(len([n for n in os.listdir(templates) if "." not in n]), 1)

    def test_what_nothing_can_use_any_more_is_removed_and_the_rest_stays(self):
        with tempfile.TemporaryDirectory() as run_folder:
            os.chmod(run_folder, 0o700)
            env = dict(os.environ, XDG_RUNTIME_DIR=run_folder)
            killed = subprocess.Popen([IRONCLAW, "spawn-vm", "--json"], env=env, stdout=subprocess.PIPE)
            killed.stdout.readline()
            old = os.path.join(CACHE, "blobs", "of-an-earlier-version")
            with open(old, "wb") as f:
                f.write(b"x" * (3 << 20))
            with subprocess.Popen([IRONCLAW, "spawn-vm", "--json"], env=env, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as held:
                held_id = json.loads(held.stdout.readline())["id"]
                killed.kill()
                killed.wait()
                killed.stdout.close()
                done = run("prune", "--json", env=env)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                pruned = json.loads(done.stdout)
                self.assertEqual(pruned["folders"], 1, pruned)
                self.assertGreaterEqual(pruned["bytes"], 3 << 20)
                self.assertFalse(os.path.exists(old))
                left = [n for n in os.listdir(os.path.join(run_folder, "ironclaw")) if n != ".lock"]
                self.assertEqual(left, [held_id])
                held.send_signal(signal.SIGINT)
                held.wait(PATIENCE)
            again = run("exec", "-v", "--", "true", env=env)
            self.assertEqual(again.returncode, 0)
            self.assertIn(b": clone, ", again.stderr)


class FirstRun(unittest.TestCase):
    """An MCP client that meets a clone without a build, or with an old one. The set-up is a stand-in
    that lasts until it is released, and then gives the build of this clone."""

    SETUP = """here=$(dirname "$0")/../build/ironclaw
mkdir -p "$here"
while [ ! -e "$here/../release" ]; do sleep 0.1; done
[ ! -e "$here/../fail" ] || exit 70
{ cat "$here/../real"; echo "built_state='$here/launch'"; } >"$here/launch"
"""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        for path in ("ironclaw", "pom.xml", "scripts/launch.sh", "scripts/mcp-waiting.sh"):
            self.copy(path)
        for name in ("tools.json", "instructions.txt"):
            self.copy("modules/mcp/src/main/resources/io/ironclaw/mcp/" + name)
        for folder in ("build", "modules/api/src/main", "modules/cli/src/main"):
            os.makedirs(os.path.join(self.root, folder), exist_ok=True)
        with open(os.path.join(self.root, "scripts/setup.sh"), "w") as f:
            f.write(self.SETUP)
        with open(os.path.join(ROOT, "build/ironclaw/launch")) as f:
            lines = [line for line in f if not line.startswith("built_state=")]
        with open(os.path.join(self.root, "build/real"), "w") as f:
            f.writelines(lines)

    def copy(self, path):
        target = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.join(ROOT, path), target)

    def touch(self, name):
        open(os.path.join(self.root, "build", name), "w").close()

    def serve(self):
        process = subprocess.Popen([os.path.join(self.root, "ironclaw"), "mcp", "stdio"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(self.touch, "release")
        return process

    def ask(self, process, message, limit=PATIENCE):
        if message:
            process.stdin.write((json.dumps(message) + "\n").encode())
            process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], limit)
        self.assertTrue(ready, f"no answer within {limit} s")
        return process.stdout.readline()

    HELLO = {"method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {},
             "clientInfo": {"name": "t", "version": "1"}}, "jsonrpc": "2.0", "id": 0}
    LIST = {"jsonrpc": "2.0", "id": "l", "method": "tools/list"}
    CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "exec",
            "arguments": {"command": "echo from-the-vm"}, "_meta": {"progressToken": "p"}}}

    def test_a_clone_without_a_build_answers_at_once_and_the_first_call_waits_with_progress(self):
        process = self.serve()
        hello = json.loads(self.ask(process, self.HELLO, 5))
        self.assertEqual(hello["result"]["protocolVersion"], "2025-06-18")
        listed = self.ask(process, self.LIST, 5)
        progress = json.loads(self.ask(process, self.CALL, 5))
        self.assertEqual(progress["params"]["progressToken"], "p")
        self.touch("release")
        message = progress
        while "id" not in message:
            message = json.loads(self.ask(process, None))
        self.assertEqual((message["id"], message["result"]["structuredContent"]["stdout"]),
                         (7, "from-the-vm\n"))
        # Java goes on with the same session, and says the same.
        self.assertEqual(self.ask(process, self.LIST), listed)
        # Who asked is known to the audit all the same.
        read = {"jsonrpc": "2.0", "id": 8, "method": "resources/read", "params": {"uri": "audit://session"}}
        audit = json.loads(json.loads(self.ask(process, read))["result"]["contents"][0]["text"])
        self.assertIn(("client", "t", "1"), [(e["kind"], e.get("name"), e.get("version")) for e in audit["entries"]])
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)
        left = [n for n in os.listdir(os.path.join(self.root, "build")) if n.startswith("mcp-held")]
        self.assertEqual(left, [])

    def test_a_set_up_that_fails_is_told_to_the_first_call(self):
        process = self.serve()
        self.ask(process, self.HELLO, 5)
        self.ask(process, self.CALL, 5)
        self.touch("fail")
        self.touch("release")
        message = {}
        while "id" not in message:
            message = json.loads(self.ask(process, None))
        self.assertIn("could not be set up", message["error"]["message"])
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 125)

    def test_an_old_build_serves_while_a_new_one_is_made(self):
        state = os.path.join(self.root, "build/ironclaw/launch")
        os.makedirs(os.path.dirname(state))
        with open(os.path.join(self.root, "build/real")) as real, open(state, "w") as f:
            f.write(real.read() + f"built_state='{state}'\n")
        os.utime(state, (1_000_000_000, 1_000_000_000))
        process = self.serve()
        hello = json.loads(self.ask(process, self.HELLO, 5))
        self.assertEqual(hello["result"]["serverInfo"]["name"], "ironclaw")
        self.touch("release")
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_the_list_of_tools_is_the_same_in_every_process(self):
        lists = set()
        for _ in range(3):
            process = subprocess.Popen([IRONCLAW, "mcp", "stdio"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
            self.ask(process, self.HELLO)
            lists.add(self.ask(process, self.LIST))
            process.stdin.close()
            process.stdout.close()
            process.wait(PATIENCE)
        self.assertEqual(len(lists), 1)


class Record(unittest.TextTestResult):
    """Writes down which tests passed: what SPECIFICATION.md names is looked up there."""

    FILE = os.path.join(ROOT, "build/process-tests")

    def startTestRun(self):
        super().startTestRun()
        open(self.FILE, "w").close()

    def addSuccess(self, test):
        super().addSuccess(test)
        with open(self.FILE, "a") as f:
            f.write(f"{os.path.basename(__file__)}.{test.id().rsplit('.', 1)[-1]}\n")


if __name__ == "__main__":
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Record)
    result = unittest.main(argv=sys.argv, testRunner=runner, exit=False).result
    # A test that was skipped shows nothing.
    sys.exit(not result.wasSuccessful() or bool(result.skipped))
