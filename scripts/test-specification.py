#!/usr/bin/env python3
"""Holds SPECIFICATION.md to its word: every test that it names is there, and prints how many cases of
each list of attacks have one. With a file as the second argument, every test has also run since that
file was written, and was not skipped: test-specification.py ROOT [BEGAN]"""
import collections
import os
import re
import sys
import xml.etree.ElementTree as xml

ROOT = os.path.abspath(sys.argv[1])
BEGAN = os.path.getmtime(sys.argv[2]) if len(sys.argv) > 2 else None
TEST = re.compile(r"(?:`([a-z_-]+\.(?:py|c))`: )?`([\w.]+)`")


def rows():
    with open(os.path.join(ROOT, "SPECIFICATION.md"), encoding="utf-8") as f:
        for line in f:
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            if line.startswith("| ") and len(cells) == 2 and cells[1] != "test":
                yield cells


def sources():
    found = {}
    for folder, folders, files in os.walk(os.path.join(ROOT, "modules")):
        folders[:] = [f for f in folders if f != "target"]
        for name in files:
            if name.endswith("Test.java"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    found[name[:-5]] = f.read()
    for path in ("scripts/test-process.py", "guest-agent/test/agent_test.c"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            found[os.path.basename(path)] = f.read()
    return found


def is_there(sources, where, test):
    text = sources.get(where, "")
    if where.endswith(".py"):
        return f"def {test}(self)" in text
    if where.endswith(".c"):
        return f"static void {test}(void)" in text and f"\n  {test}();" in text
    return f"void {test}(" in text


def without_kvm(source):
    """Whether it is a test of Firecracker, which runs nowhere without a /dev/kvm; its part says so aloud."""
    return not os.path.exists("/dev/kvm") and ("Firecracker" in source or '@Tag("firecracker")' in source)


def ran():
    """Class.method of every test that ran, and was not skipped, since BEGAN."""
    done = set()
    modules = os.path.join(ROOT, "modules")
    for module in os.listdir(modules):
        reports = os.path.join(modules, module, "target", "surefire-reports")
        for name in os.listdir(reports) if os.path.isdir(reports) else []:
            path = os.path.join(reports, name)
            if name.startswith("TEST-") and os.path.getmtime(path) >= BEGAN:
                for case in xml.parse(path).iter("testcase"):
                    if case.find("skipped") is None:
                        test = re.split(r"[({\[]", case.get("name", ""))[0]
                        done.add(case.get("classname", "").rsplit(".", 1)[-1] + "." + test)
    for record in ("build/process-tests", "build/guest-agent/tests"):
        path = os.path.join(ROOT, record)
        if os.path.exists(path) and os.path.getmtime(path) >= BEGAN:
            with open(path, encoding="utf-8") as f:
                done.update(line.strip() for line in f)
    return done


def main():
    there, done = sources(), ran() if BEGAN else set()
    wrong, promises, pending = [], 0, 0
    cases = collections.OrderedDict()
    for promise, cell in rows():
        case = re.match(r"([VCNSRPML])\d+ ", promise)
        tests = TEST.findall(cell)
        if case:
            cases.setdefault(case.group(1), []).append(bool(tests))
        promises += 1
        if not tests:
            pending += 1
            if not re.match(r"\*pending\*($| hardware)", cell):
                wrong.append(f"{promise}: neither a test nor *pending*: {cell}")
        for where, test in tests:
            if not where:
                where, test = test.split(".", 1)
            if not is_there(there, where, test):
                wrong.append(f"{promise}: there is no {where} {test}")
            elif BEGAN and f"{where}.{test}" not in done and not without_kvm(there[where]):
                wrong.append(f"{promise}: {where}.{test} did not run, or was skipped")
    if promises < 50:
        wrong.append(f"only {promises} promises were read: has the table another form?")
    attacks = ", ".join(f"{name} {sum(found)} of {len(found)}" for name, found in cases.items())
    print(f"{promises} promises, {pending} pending; attack cases with a test: {attacks}")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


sys.exit(main())
