// Drives `ironclaw mcp stdio` with the official TypeScript SDK. Prints one JSON object with what was
// seen; the JUnit test judges it. usage: session.mjs COMMAND ARG...
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [command, ...args] = process.argv.slice(2);
const transport = new StdioClientTransport({ command, args, stderr: 'inherit', env: process.env });
const client = new Client({ name: 'test', version: '1' });
const seen = {};

await client.connect(transport);
seen.server = client.getServerVersion();
const { tools } = await client.listTools();
seen.tools = tools.map((t) => t.name);
seen.annotations = Object.fromEntries(tools.map((t) => [t.name, t.annotations]));

// The SDK checks structuredContent against the tool's outputSchema, and throws if it does not fit.
const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);

seen.exec = await call('exec', { command: 'uname -s; echo oops >&2; exit 3' });
seen.argv = await call('exec', { argv: ['printf', '%s|', 'a b', '$HOME'] });
seen.stdin = await call('exec', { command: 'tr a-z A-Z', stdin: 'hello' });
seen.long = await call('exec', { command: 'seq 1 100000' });
seen.timeout = await call('exec', { command: 'sleep 100', timeout_seconds: 1 });

const text = 'grüße\n';
seen.write = await call('write_file', { path: '/root/d/f.txt', content: text, create_parents: true, mode: '0600' });
seen.read = await call('read_file', { path: '/root/d/f.txt' });
await call('write_file', { path: '/root/d/bin', content: 'AP8B', encoding: 'base64' });
seen.binary = await call('read_file', { path: '/root/d/bin' });
seen.list = await call('list_files', { path: '/root/d' });

seen.proof = await call('isolation_proof', {});

seen.refused = await call('exec', { argv: ['python3', '-c', "import ctypes; ctypes.CDLL(None).mount(b'n', b'/mnt', b'tmpfs', 0, None)"] });
seen.why = await call('why', {});
seen.resources = (await client.listResources()).resources.map((r) => r.uri);
seen.audit = JSON.parse((await client.readResource({ uri: 'audit://session' })).contents[0].text);

seen.missing = await call('read_file', { path: '/no/such' });
seen.wrong = await call('exec', { comand: 'true' });
seen.wrongType = await call('exec', { command: 5 });

const progress = [];
seen.slow = await call('exec', { command: 'for i in 1 2; do echo $i; sleep 1; done' }, { onprogress: (p) => progress.push(p) });
seen.progress = progress.length;

// Cancellation: the command is gone from the guest, and the session goes on.
const abort = new AbortController();
const cancelled = call('exec', { command: 'echo here > /root/started; exec sleep 4321' }, { signal: abort.signal })
  .then(() => 'answered', (e) => 'rejected: ' + e.message);
await call('exec', { command: 'while ! [ -s /root/started ]; do sleep 0.05; done' });
abort.abort('no longer wanted');
seen.cancelled = await cancelled;
seen.survivors = await call('exec', {
  command: 'i=0; while pgrep -x sleep >/dev/null && [ $i -lt 100 ]; do sleep 0.0; i=$((i+1)); done; pgrep -fc "^sleep 4321" || true',
});

const parallel = await Promise.all([1, 2, 3, 4].map((n) => call('exec', { command: `echo ${n}; cat /proc/sys/kernel/random/boot_id` })));
seen.parallel = parallel.map((r) => r.structuredContent.stdout);

await client.close();
console.log(JSON.stringify(seen));
