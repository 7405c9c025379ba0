#!/usr/bin/env python3
"""Draws docs/rooms.svg from the poms: a box for each room, above all that it uses; an arrow that
follows from others is left out. With --check it only fails when the picture is not that of the poms.
usage: rooms.py ROOT [--check]"""
import os
import sys
import textwrap
import xml.etree.ElementTree as xml
from html import escape

ROOT = os.path.abspath(sys.argv[1])
PICTURE = os.path.join(ROOT, "docs/rooms.svg")
NAMESPACE = {"m": "http://maven.apache.org/POM/4.0.0"}
WIDTH, HEIGHT, GAP, RISE, EDGE = 240, 74, 24, 122, 20
SWEEPS = 60


def read():
    """Room by name: its description and the rooms that it may use."""
    order = xml.parse(os.path.join(ROOT, "pom.xml")).iterfind("m:modules/m:module", NAMESPACE)
    rooms = {}
    for folder in (module.text for module in order):
        name = folder.removeprefix("modules/")
        if folder == name or not os.path.isdir(os.path.join(ROOT, folder, "src/main")):
            continue
        pom = xml.parse(os.path.join(ROOT, folder, "pom.xml")).getroot()
        uses = []
        for use in pom.iterfind("m:dependencies/m:dependency", NAMESPACE):
            artifact = use.findtext("m:artifactId", "", NAMESPACE)
            if artifact.startswith("ironclaw-") and use.find("m:scope", NAMESPACE) is None:
                uses.append(artifact.removeprefix("ironclaw-"))
        rooms[name] = (pom.findtext("m:description", "", NAMESPACE), uses)
    return rooms


def reduced(rooms):
    """The uses of each room without those that it has through another one."""

    def reach(name):
        return set().union(*({use} | reach(use) for use in rooms[name][1])) if rooms[name][1] else set()

    return {
        name: [use for use in uses if not any(use in reach(other) for other in uses if other != use)]
        for name, (_, uses) in rooms.items()
    }


def ranks(uses):
    """Each room as high as those that use it allow."""
    below = {}

    def depth(name):
        if name not in below:
            below[name] = 1 + max((depth(use) for use in uses[name]), default=-1)
        return below[name]

    top = max(depth(name) for name in uses)
    rank = {}

    def place(name):
        if name not in rank:
            rank[name] = min((place(user) for user in uses if name in uses[user]), default=top + 1) - 1
        return rank[name]

    for name in uses:
        place(name)
    return rank


def columns(uses, rank):
    """Where each room stands in its row: near what it uses and what uses it, and none on another."""
    rows = [[name for name in uses if rank[name] == row] for row in range(max(rank.values()) + 1)]
    x = {name: float(i) for row in rows for i, name in enumerate(row)}
    near = {name: [o for o in uses if (o in uses[name] or name in uses[o]) and rank[o] > 0] for name in uses}
    for _ in range(SWEEPS):
        for row in rows:
            wanted = {name: sum(x[o] for o in near[name]) / max(1, len(near[name])) for name in row}
            row.sort(key=lambda name: wanted[name])
            for i, name in enumerate(row):
                x[name] = max(wanted[name], x[row[i - 1]] + 1) if i else wanted[name]
            shift = sum(wanted[name] - x[name] for name in row) / len(row)
            for name in row:
                x[name] += shift
    left = min(x.values())
    return {name: round(x[name] - left, 2) for name in x}


def draw(rooms):
    uses = reduced(rooms)
    rank = ranks(uses)
    x = columns(uses, rank)
    full = EDGE * 2 + round(max(x.values()) * (WIDTH + GAP)) + WIDTH
    height = EDGE * 2 + max(rank.values()) * RISE + HEIGHT
    foundation = [name for name in uses if rank[name] == 0]

    def box(name):
        y = EDGE + (max(rank.values()) - rank[name]) * RISE
        if foundation == [name]:
            return EDGE, y, full - 2 * EDGE
        return EDGE + round(x[name] * (WIDTH + GAP)), y, WIDTH

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {height}" width="{full}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif">',
        "<title>The rooms of IronClaw, each above those that it uses</title>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="#57606a"/></marker></defs>',
        f'<rect width="{full}" height="{height}" rx="8" fill="#f6f8fa"/>',
    ]
    for name in uses:
        left, y, wide = box(name)
        for use in uses[name]:
            to, below, span = box(use)
            begin = left + wide / 2
            end = to + span / 2 if span == WIDTH else begin
            bend = (below - y - HEIGHT) / 2
            lines.append(
                f'<path d="M{begin:g} {y + HEIGHT} C{begin:g} {y + HEIGHT + bend:g} {end:g} {below - bend:g} '
                f'{end:g} {below}" fill="none" stroke="#57606a" stroke-width="1.3" marker-end="url(#end)"/>'
            )
    for name, (description, _) in rooms.items():
        left, y, wide = box(name)
        middle = left + wide / 2
        lines.append(
            f'<rect x="{left}" y="{y}" width="{wide}" height="{HEIGHT}" rx="6" fill="#fff" stroke="#0969da"/>'
        )
        lines.append(
            f'<text x="{middle:g}" y="{y + 20}" text-anchor="middle" font-size="15" font-weight="600" '
            f'fill="#1f2328">{escape(name)}</text>'
        )
        for i, line in enumerate(textwrap.wrap(description, wide // 7)):
            lines.append(
                f'<text x="{middle:g}" y="{y + 36 + 14 * i}" text-anchor="middle" font-size="11.5" '
                f'fill="#57606a">{escape(line)}</text>'
            )
    return "\n".join(lines + ["</svg>", ""])


def main():
    picture = draw(read())
    if "--check" not in sys.argv:
        with open(PICTURE, "w", encoding="utf-8") as f:
            f.write(picture)
        return 0
    with open(PICTURE, encoding="utf-8") as f:
        if f.read() == picture:
            return 0
    print("docs/rooms.svg is not the picture of the poms: run scripts/rooms.py .")
    return 1


sys.exit(main())
