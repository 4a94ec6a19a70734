// The edit loop: plain `trunk serve` beside the server, with its proxy in between.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { freePort } from '../support/server.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD_PATIENCE = 540_000;

walk('one signs in and talks through `trunk serve`', async (house) => {
  const [ada] = await house.settle({ nick: 'ada', name: 'Ada Obi' });
  const folder = await mkdtemp(join(tmpdir(), 'hubbub-trunk-'));
  // The project's own settings, for the ports and folders of this walk.
  const port = await freePort();
  const settings = (await readFile(join(ROOT, 'Trunk.toml'), 'utf8'))
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${house.server.port}`)
    .replace('target = "index.html"', `target = ${JSON.stringify(join(ROOT, 'index.html'))}`)
    .replace('dist = "dist"', `dist = ${JSON.stringify(join(folder, 'dist'))}`)
    .replace(/^watch = .*$/m, `watch = [${JSON.stringify(join(ROOT, 'index.html'))}]`)
    .replace('port = 8090', `port = ${port}`);
  const config = join(folder, 'Trunk.toml');
  await writeFile(config, settings);
  const said = [];
  const trunk = spawn(
    process.env.HUBBUB_TRUNK ?? 'trunk',
    ['serve', '--config', config, '--cargo-profile', 'wasm-test', '--no-autoreload=true'],
    { cwd: ROOT, env: { ...process.env, TRUNK_SKIP_VERSION_CHECK: 'true' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [trunk.stdout, trunk.stderr]) stream.on('data', (data) => said.push(data));
  try {
    const origin = `http://127.0.0.1:${port}`;
    await eventually(async () => {
      if (trunk.exitCode !== null) return true;
      return (await (await fetch(origin)).text()).includes('.wasm');
    }, 'the page from Trunk', BUILD_PATIENCE);
    if (trunk.exitCode !== null) throw new Error(`trunk ended:\n${Buffer.concat(said)}`);

    const a = await house.person({ name: 'Ada', origin });
    await a.open('/login');
    await a.signIn.as(ada);
    const room = a.room('General');
    await room.isOpen();
    await room.say('Through the proxy');
    await room.log.getByText('Sent', { exact: true }).waitFor();
    await ada.say(await ada.roomNamed('General'), 'And back');
    await room.endsWith('Through the proxy', 'And back');
    // Before Trunk ends, which the page would notice.
    await a.leave();
  } finally {
    if (trunk.exitCode === null) {
      const ended = once(trunk, 'exit');
      trunk.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }
}, { timeout: 600_000 });
