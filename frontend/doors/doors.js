// Ways to a live connection beside the WebSocket, and one thing shaped like a WebSocket that goes by
// whichever of them works. Fetched when a WebSocket does not; `docs/protocol.md` says what travels.

const API = '/api/v1/';
/** From asking to the server's first word; and silence after it that means it is gone: a little less
    than the page itself allows, which knows no other way. */
const GREETING = 10_000;
const SILENCE = 33_000;
/** What lasted longer was not cut for being there. */
const LASTED = 120_000;
/** How long after a fall a WebSocket is tried again, at first and at most. */
const CLIMB_MIN = 30_000;
const CLIMB_MAX = 600_000;

/** The server's answer was no. `code` as a WebSocket would be closed with. */
class Refused extends Error {
  constructor(code) {
    super(`closed with ${code}`);
    this.code = code;
  }
}

async function ask(path, body, signal) {
  const answer = await fetch(API + path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal,
  });
  if (answer.status === 401) throw new Refused(4001);
  return answer;
}

async function heard(path, body, signal) {
  const answer = await ask(path, body, signal);
  if (!answer.ok) throw new Refused(1006);
  return answer;
}

/** The lines of an answer as they come. `read` is told how many bytes came. */
async function* lines(answer, read) {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    read?.(value.byteLength);
    const parts = (text + decoder.decode(value, { stream: true })).split('\n');
    text = parts.pop();
    yield* parts;
  }
}

/** Each way takes what one has and gives one frame after the other, as text. */
export const ways = {
  async* events(resume, signal, read) {
    for await (const line of lines(await heard('events', resume, signal), read)) {
      if (line.startsWith('data: ')) yield line.slice(6);
    }
  },
  async* stream(resume, signal, read) {
    yield* lines(await heard('stream', resume, signal), read);
  },
  async* poll(resume, signal, read, pause) {
    let body = resume;
    for (;;) {
      const answer = await heard(pause ? 'poll?wait=0' : 'poll', body, signal);
      const text = await answer.text();
      read?.(new TextEncoder().encode(text).length);
      const { frames, cursor } = JSON.parse(text);
      yield* frames.map((frame) => JSON.stringify(frame));
      body = { cursor };
      if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  },
};

/** Survives the doors, so that what does not work is not tried again and again. */
let way = 'events';
let climbAfter = CLIMB_MIN;

/** Shaped like a WebSocket that is open. Has `way`, and `why` it is not a WebSocket. */
class Door {
  readyState = 1;
  #active = true;
  #begun = 0;
  #strikes = 0;
  #hearing = new AbortController();
  #deadline;
  #climbing;
  #trying;
  #socket;
  #connection;

  /** Tries a WebSocket beside what is in use, and goes over to it when it speaks. */
  #climb = () => {
    clearTimeout(this.#climbing);
    if (this.#trying) return;
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${API}ws`);
    const late = setTimeout(() => socket.close(), GREETING);
    this.#trying = socket;
    socket.onmessage = (event) => {
      clearTimeout(late);
      const since = Date.now();
      this.#leave();
      this.#socket = socket;
      this.way = 'websocket';
      way = 'events';
      socket.onmessage = (event) => this.onmessage?.(event);
      socket.onclose = (event) => {
        climbAfter = Date.now() - since > LASTED ? CLIMB_MIN : Math.min(climbAfter * 2, CLIMB_MAX);
        this.#end(event.code);
      };
      this.onmessage?.(event);
    };
    socket.onclose = () => {
      clearTimeout(late);
      this.#trying = undefined;
      if (this.readyState !== 1) return;
      climbAfter = Math.min(climbAfter * 2, CLIMB_MAX);
      this.#climbing = setTimeout(this.#climb, climbAfter);
    };
  };

  constructor(why) {
    this.why = why;
    this.way = way;
    // The network may be another one now.
    addEventListener('online', this.#climb);
    this.#climbing = setTimeout(this.#climb, climbAfter);
    this.#begin();
  }

  send(text) {
    if (this.#socket) {
      this.#socket.send(text);
      return;
    }
    const frame = JSON.parse(text);
    if (frame.type === 'resume') {
      const { type, ...resume } = frame;
      this.#listen(resume);
    } else if (frame.type === 'heartbeat') {
      this.#command({ type: 'set_active', active: this.#active }).catch(() => {});
    } else {
      if (frame.command.type === 'set_active') this.#active = frame.command.active;
      this.#command(frame.command).then(
        (answer) => this.#tell({ id: frame.id, ...answer }),
        // Whether it was done is unknown: it is asked again, under the same id.
        () => this.#tell({ type: 'refused', id: frame.id, error: { code: 'unavailable' } }),
      );
    }
  }

  close() {
    this.#leave();
    this.#socket?.close();
    this.readyState = 3;
  }

  /** Says who one is as a server's first word does; the answer to it says what one has. */
  async #begin() {
    try {
      const answer = await fetch(`${API}site`, { signal: AbortSignal.timeout(GREETING) });
      if (!answer.ok) throw new Refused(1006);
      const { protocol, me } = await answer.json();
      if (!me) throw new Refused(4001);
      const connection = '00000000-0000-0000-0000-000000000000';
      this.#tell({ type: 'hello', protocol, connection, user: me.id, heartbeat_ms: 25_000 });
    } catch (error) {
      this.#end(error.code || 1006);
    }
  }

  async #listen(resume) {
    this.#hearing.abort();
    const hearing = this.#hearing = new AbortController();
    const current = () => this.#hearing === hearing && !hearing.signal.aborted;
    this.#begun = Date.now();
    this.#wait(GREETING);
    try {
      for await (const text of ways[this.way](resume, hearing.signal)) {
        if (!current()) return;
        this.#wait(SILENCE);
        // The beginning is enough to see which frames are this page's own business.
        const { type, code, connection } = /^\{"type":"(hello|closed)"/.test(text) ? JSON.parse(text) : {};
        if (type === 'hello') {
          this.#connection = connection;
        } else if (type === 'closed') {
          this.#end(code);
          return;
        } else {
          this.onmessage?.({ data: text });
        }
      }
      if (current()) this.#lost(1);
    } catch (error) {
      if (!current()) return;
      if (error.code) this.#end(error.code);
      else this.#lost(1);
    }
  }

  async #command(command) {
    const path = this.#connection ? `commands?connection=${this.#connection}` : 'commands';
    const answer = await ask(path, command, AbortSignal.timeout(20_000));
    const said = await answer.json();
    return answer.ok ? { type: 'reply', reply: said } : { type: 'refused', error: said };
  }

  /** Nothing more may be heard for so long. */
  #wait(millis) {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#lost(2), millis);
  }

  /** Goes on by the same way, or where it was lost too often by the next one down. */
  #lost(strikes) {
    clearTimeout(this.#deadline);
    this.#hearing.abort();
    this.#strikes = Date.now() - this.#begun > LASTED && strikes === 1 ? 0 : this.#strikes + strikes;
    if (this.#strikes >= 2 && this.way === 'events') {
      way = this.way = 'poll';
      this.#strikes = 0;
    } else if (this.#strikes >= 2) {
      this.#end(1006);
      return;
    }
    this.#begin();
  }

  /** Hears no more by what was in use. */
  #leave() {
    removeEventListener('online', this.#climb);
    clearTimeout(this.#climbing);
    clearTimeout(this.#deadline);
    this.#hearing.abort();
  }

  #tell(frame) {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  #end(code) {
    if (this.readyState !== 1) return;
    this.close();
    this.onclose?.({ code });
  }
}

globalThis.hubbubDoor = (why) => new Door(why);
