"""Drives `ironclaw mcp stdio` with the official Python SDK. Prints one JSON object with what was seen;
the JUnit test judges it. usage: session.py MODE COMMAND ARG..."""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters

MODE, COMMAND, *ARGS = sys.argv[1:]
seen = {}


def plain(result):
    return result.model_dump(mode="json", by_alias=True)


async def main():
    progress = []

    async def heard(amount, total, message):
        progress.append(message)

    # The SDK starts servers with HOME, PATH, SHELL and TERM alone: no locale. The audit is the test's.
    env = {name: os.environ[name] for name in ("XDG_STATE_HOME",) if name in os.environ}
    async with Client(StdioServerParameters(command=COMMAND, args=ARGS, env=env), mode=MODE) as client:
        seen["tools"] = [t.name for t in (await client.list_tools()).tools]
        seen["exec"] = plain(
            await client.call_tool("exec", {"command": "printf 'gr\\303\\274\\303\\237e '; printf %s 'h\u00e9llo'; exit 3"})
        )
        await client.call_tool("write_file", {"path": "/root/f", "content": "\u6f22\n" * 20_000})
        text, offset, more = "", 0, True
        while more:
            chunk = plain(await client.call_tool("read_file", {"path": "/root/f", "offset": offset}))
            data = chunk["structuredContent"]
            text += data["content"]
            more = data["truncated"]
            offset = data.get("next_offset", offset)
        # Files of the kernel don't say how long they are.
        kernel, offset, more, chunks = "", 0, True, 0
        while more and chunks < 10_000:
            data = plain(
                await client.call_tool("read_file", {"path": "/proc/version", "offset": offset, "limit": 20})
            )["structuredContent"]
            kernel += data["content"]
            more = data["truncated"]
            offset = data.get("next_offset", offset)
            chunks += 1
        version = plain(await client.call_tool("exec", {"command": "cat /proc/version"}))
        seen["kernel_file"] = [more, chunks > 1, kernel == version["structuredContent"]["stdout"]]
        seen["read_back"] = text == "\u6f22\n" * 20_000
        seen["slow"] = plain(
            await client.call_tool("exec", {"command": "sleep 2"}, progress_callback=heard)
        )
        seen["progress"] = len(progress)
        seen["missing"] = plain(await client.call_tool("read_file", {"path": "/no/such"}))


asyncio.run(main())
print(json.dumps(seen))
