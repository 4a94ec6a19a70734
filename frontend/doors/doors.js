// Ways to a live connection beside the WebSocket, and one thing shaped like a WebSocket that goes by
// whichever of them works. Fetched when a WebSocket does not; `docs/protocol.md` says what travels.

const API = '/api/v1/';
/** From asking to the server's first word; and silence after it that means it is gone: a little less
    than the page itself allows, which knows no other way. */
const GREETING = 8_000;
const SILENCE = 33_000;
/** So much speaks against a way before the next one down is taken. */
const STRIKES = 2;
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

/** `sessionStorage` key, read by `style/boot.js` as well: the way this tab goes and why, if it is not
    by WebSocket. */
const WAY_KEY = 'hubbub.way';

/** Outlives the doors: which way works here, what speaks against it, and why it is not the one above. */
let [way, why] = remembered() ?? ['websocket', 'blocked'];
let strikes = 0;
let climbAfter = CLIMB_MIN;
let known = way !== 'websocket';

const down = { websocket: 'events', events: 'poll' };

function remembered() {
  try {
    const [way, why] = sessionStorage.getItem(WAY_KEY).split(' ');
    return ['events', 'poll'].includes(way) ? [way, why] : undefined;
  } catch {
    return undefined;
  }
}

/** For the next visit, which then need not find it out again. */
function remember() {
  try {
    if (way === 'websocket') sessionStorage.removeItem(WAY_KEY);
    else sessionStorage.setItem(WAY_KEY, `${way} ${why}`);
  } catch {
    // It will be found out again.
  }
}

function against(weight, lasted, reason) {
  strikes = lasted > LASTED && weight === 1 ? 0 : strikes + weight;
  if (way === 'websocket') why = reason;
  if (strikes < STRIKES || !down[way]) return false;
  way = down[way];
  strikes = 0;
  remember();
  return true;
}

/** Shaped like a WebSocket that is open. `how` it goes: the way and why it is no WebSocket, or nothing. */
class Door {
  readyState = 1;
  #active = true;
  #begun = Date.now();
  #hearing = new AbortController();
  #deadline;
  #climbing;
  #socket;
  #connection;

  constructor() {
    if (way === 'websocket') {
      this.#dial(() => this.#lost(1, 'blocked'), () => this.#lost(2, 'blocked'));
    } else {
      this.#stay();
    }
  }

  get how() {
    return way === 'websocket' ? '' : `${way} ${why}`;
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
    this.readyState = 3;
    this.#socket?.close();
    this.#trying?.close();
  }

  /** Opens a WebSocket and goes over to it when it speaks. `failed` if it does not, `late` if it hangs. */
  #trying;
  #dial(failed, late) {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${API}ws`);
    this.#trying = socket;
    const give = (up) => {
      clearTimeout(hanging);
      socket.onmessage = socket.onclose = null;
      socket.close();
      this.#trying = undefined;
      if (this.readyState === 1) up();
    };
    const hanging = setTimeout(() => give(late), GREETING);
    socket.onclose = () => give(failed);
    socket.onmessage = (event) => {
      clearTimeout(hanging);
      this.#leave();
      this.#trying = undefined;
      this.#socket = socket;
      this.#begun = Date.now();
      way = 'websocket';
      remember();
      const hear = ({ data }) => {
        this.#wait(SILENCE);
        this.onmessage?.({ data });
      };
      socket.onmessage = hear;
      socket.onclose = ({ code }) => {
        if (code === 1006) this.#lost(1, 'cut');
        else this.#end(code);
      };
      hear(event);
    };
  }

  /** Goes another way, and tries a WebSocket now and then: the network may be another one by then. */
  #stay() {
    addEventListener('online', this.#climb);
    clearTimeout(this.#climbing);
    this.#climbing = setTimeout(this.#climb, climbAfter);
    this.#begin();
  }

  #climb = () => {
    clearTimeout(this.#climbing);
    if (this.#trying) return;
    const later = () => {
      climbAfter = Math.min(climbAfter * 2, CLIMB_MAX);
      this.#climbing = setTimeout(this.#climb, climbAfter);
    };
    this.#dial(later, later);
  };

  /** Says who one is as a server's first word does; the answer to it says what one has. */
  async #begin() {
    try {
      const { protocol, me } = await site();
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
      for await (const text of ways[way](resume, hearing.signal)) {
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
      if (current()) this.#lost(1, 'cut');
    } catch (error) {
      if (!current()) return;
      if (error.code) this.#end(error.code);
      else this.#lost(1, 'cut');
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
    const due = Date.now() + millis;
    // Much later it is the machine that was asleep.
    this.#deadline = setTimeout(() => this.#lost(Date.now() < due + 5_000 ? 2 : 1, 'silent'), millis);
  }

  /** What was in use is over. It speaks against the way only where the server answers all the same. */
  async #lost(weight, reason) {
    this.#leave();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    const lasted = Date.now() - this.#begun;
    try {
      await site();
    } catch {
      return this.#end(1006);
    }
    if (this.readyState !== 1) return;
    if (socket) climbAfter = lasted > LASTED ? CLIMB_MIN : Math.min(climbAfter * 2, CLIMB_MAX);
    const fallen = against(weight, lasted, reason);
    // What was asked by a WebSocket has an unknown outcome, which its end says.
    if (fallen && !socket) this.#stay();
    else this.#end(1006);
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

/** What anybody may know of the server, and who one is. */
async function site() {
  const answer = await fetch(`${API}site`, { signal: AbortSignal.timeout(GREETING) });
  if (!answer.ok) throw new Refused(1006);
  return answer.json();
}

/** `live` and `silent` are of the WebSocket after which this was fetched. */
globalThis.hubbubDoor = (live, silent) => {
  if (!known) against(silent ? 2 : 1, 0, live ? (silent ? 'silent' : 'cut') : 'blocked');
  known = true;
  return new Door();
};
