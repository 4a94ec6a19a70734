// The real program on a free port, with a folder of its own.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { eventually } from './conditions.mjs';

const KEPT_LINES = 200;

export class Server {
  #child;
  #log = [];

  /** @param {{arguments?: string[], environment?: Record<string, string>}} options */
  static async start(options = {}) {
    const server = new Server();
    server.arguments = options.arguments ?? [];
    server.environment = options.environment ?? {};
    server.folder = await mkdtemp(join(tmpdir(), 'hubbub-walk-'));
    for (let tries = 1; ; tries += 1) {
      server.port = await freePort();
      server.url = `http://127.0.0.1:${server.port}`;
      try {
        await server.#run();
        return server;
      } catch (error) {
        // Somebody else on this machine took the port between looking and listening.
        if (tries === 5 || !server.log.includes('another program has this port')) throw error;
      }
    }
  }

  /** What the program said last. */
  get log() {
    return this.#log.join('\n');
  }

  /** As a power cut does it: nothing is said, nothing is finished. */
  async kill() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** On the same port, with the same folder. */
  async startAgain() {
    await this.#run();
  }

  /** Asks it to end and answers its exit code. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = await ended;
    return code;
  }

  async remove() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #run() {
    const program = needed('HUBBUB_BINARY');
    const child = spawn(
      program,
      ['serve', '--listen', `127.0.0.1:${this.port}`, '--data-dir', this.folder, ...this.arguments],
      {
        env: { ...process.env, ...this.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#log.push(...text.trimEnd().split('\n'));
        this.#log.splice(0, this.#log.length - KEPT_LINES);
      });
    }
    await eventually(async () => {
      if (child.exitCode !== null) return true;
      return (await fetch(`${this.url}/readyz`)).ok;
    }, 'a server that is ready');
    if (child.exitCode !== null) {
      throw new Error(`the server ended with ${child.exitCode}:\n${this.log}`);
    }
  }
}

/** A variable that `cargo xtask test browser` sets. */
export function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the walks by \`cargo xtask test browser\``);
  return value;
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
