// All ways of a live connection side by side, from one room. Each lane is a client of its own that
// speaks the protocol of `docs/protocol.md` and nothing else.

import { ways } from './doors.js';

const API = '/api/v1/';
const SHOWN = 30;
const LOOK_EVERY = 2_000;
/** The server says something every 25 s. */
const SILENCE = 35_000;

const english = {
  title: 'Six ways of two-way communication',
  explained: 'The same room, live, by six different transports. Write in one of them and watch when it arrives in the others.',
  room: 'Room', back: 'Back to the conversations',
  counted: 'Bytes are what came since a lane was opened, for each message, heartbeats and empty answers included. The headers of HTTP are not visible to a page and not counted. The delay is that of messages written here, from pressing Send until they are shown in the lane.',
  messages: 'Messages', bytes: 'Bytes each', delay: 'Delay',
  open: 'open', opening: 'opening', send: 'Send', write: 'Write by {0}', said: 'Messages by {0}',
  signIn: 'Sign in first, then come back to this page.', noServer: 'The server does not answer. Reload the page to try again.',
  ms: '{0} ms', refused: 'The server refused the message: {0}',
  websocket: ['WebSocket', 'One connection on which both ends send whenever they like. What the page uses where it can.'],
  events: ['Server-sent events', 'One answer that never ends, read by the browser’s own EventSource. Writing goes by requests of its own.'],
  stream: ['HTTP streaming', 'One answer that never ends, a line of JSON for each frame, read with fetch. Writing goes by requests.'],
  frame: ['Iframe stream', 'The oldest trick: an invisible frame whose document never ends. Each frame arrives as a new element in it. That it was cut shows only when heartbeats stay away.'],
  long: ['Long-polling', 'The server keeps each question until there is something to say; then the page asks the next one.'],
  plain: ['Polling', 'The page asks every two seconds whether there is something, and is answered at once.'],
};
const chinese = {
  title: '六种双向通信方式',
  explained: '同一个房间，通过六种不同的传输方式实时显示。在其中一处发消息，看看它何时到达其他各处。',
  room: '房间', back: '返回会话',
  counted: '字节数是每一栏打开以来收到的全部内容平均到每条消息的大小，包括心跳和空应答。网页看不到HTTP头，因此不计入。延迟只针对在此页发送的消息：从按下“发送”到显示在该栏为止。',
  messages: '消息', bytes: '每条字节', delay: '延迟',
  open: '已连接', opening: '正在连接', send: '发送', write: '通过{0}发送', said: '{0}收到的消息',
  signIn: '请先登录，再回到此页面。', noServer: '服务器没有应答。请重新加载页面再试。',
  ms: '{0}毫秒', refused: '服务器拒绝了这条消息：{0}',
  websocket: ['WebSocket', '一条连接，两端随时都可以发送。只要条件允许，聊天页面就用它。'],
  events: ['服务器推送事件', '一个永不结束的应答，由浏览器自带的EventSource读取。发送则另用普通请求。'],
  stream: ['HTTP流', '一个永不结束的应答，每帧一行JSON，用fetch读取。发送用普通请求。'],
  frame: ['Iframe流', '最古老的办法：一个看不见的框架，其中的文档永远加载不完，每一帧作为新元素出现。连接中断时，只能从心跳停止得知。'],
  long: ['长轮询', '服务器留住每次询问，直到有内容才应答；随后页面再问下一次。'],
  plain: ['轮询', '页面每两秒问一次有没有新内容，服务器立即应答。'],
};

const remembered = (key) => {
  try { return localStorage.getItem(key); } catch { return null; }
};
const spoken = [remembered('hubbub.language'), ...navigator.languages].find((tag) => /^(en|zh)\b/i.test(tag || ''));
const isChinese = /^zh/i.test(spoken || 'en');
const texts = isChinese ? chinese : english;
const fill = (text, value) => text.replace('{0}', value);
const number = new Intl.NumberFormat(isChinese ? 'zh-CN' : 'en', { maximumFractionDigits: 0 });
document.documentElement.lang = isChinese ? 'zh-Hans' : 'en';
document.title = `${texts.title} – Hubbub`;
const theme = remembered('hubbub.theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
const put = (root) => {
  for (const element of root.querySelectorAll('[data-text]')) element.textContent = texts[element.dataset.text];
};
put(document);

const size = (text) => new TextEncoder().encode(text).length;
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
/** When what was written here was written, by `client_message_id`. */
const written = new Map();
const names = new Map();
const select = document.querySelector('#room');

/** How each way opens: gives one frame after the other, as text, and tells `read` of bytes. */
const opened = {
  async* websocket(lane, signal) {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${API}ws`);
    lane.socket = socket;
    yield* queued(signal, (tell, end) => {
      socket.onopen = () => socket.send(JSON.stringify({ type: 'resume', ...lane.held() }));
      socket.onmessage = ({ data }) => {
        // Two bytes say how long a short frame is, four a longer one.
        lane.read(size(data) + (size(data) < 126 ? 2 : 4));
        tell(data);
      };
      socket.onclose = end;
      return () => socket.close();
    });
  },
  async* events(lane, signal) {
    const source = new EventSource(`${API}events`);
    let last = '';
    yield* queued(signal, (tell, end) => {
      const hear = ({ data, lastEventId, type }) => {
        lane.read(size(`data: ${data}\n\n`) + (type === 'heartbeat' ? size('event: heartbeat\n') : 0)
          + (lastEventId === last ? 0 : size(`id: ${lastEventId}\n`)));
        last = lastEventId;
        tell(data);
      };
      source.onmessage = hear;
      source.addEventListener('heartbeat', hear);
      // It comes back by itself, with the id of the last event, unless it was told not to.
      source.onerror = () => {
        lane.isOpen(false);
        if (source.readyState === EventSource.CLOSED) end();
      };
      return () => source.close();
    });
  },
  stream: (lane, signal) => ways.stream(lane.held(), signal, lane.read),
  async* frame(lane, signal) {
    const frame = document.createElement('iframe');
    frame.title = texts.frame[0];
    frame.src = '/transports/frame';
    yield* queued(signal, (tell, end) => {
      document.body.append(frame);
      let heard = performance.now();
      // An event of its own, so that nothing in the frame has to be allowed to run.
      const look = setInterval(() => {
        // An answer that did not come leaves a page of the browser's own, which nobody may look into.
        const inside = frame.contentDocument;
        for (const element of inside?.querySelectorAll('p') ?? []) {
          lane.read(size(element.outerHTML) + 1);
          tell(element.textContent);
          element.remove();
          heard = performance.now();
        }
        // Where the answer was cut, the browser says nothing at all.
        const isOver = inside?.URL !== 'about:blank' && inside?.readyState === 'complete';
        if (!inside || isOver || performance.now() - heard > SILENCE) end();
      }, 10);
      return () => {
        clearInterval(look);
        frame.remove();
      };
    });
  },
  long: (lane, signal) => ways.poll(lane.held(), signal, lane.read),
  plain: (lane, signal) => ways.poll(lane.held(), signal, lane.read, LOOK_EVERY),
};

/** Callbacks as a sequence. */
async function* queued(signal, begin) {
  const waiting = [];
  let wake = () => {};
  let ended = false;
  const end = () => {
    ended = true;
    wake();
  };
  const stop = begin((text) => {
    waiting.push(text);
    wake();
  }, end);
  signal.addEventListener('abort', end);
  try {
    while (!ended || waiting.length) {
      if (waiting.length) yield waiting.shift();
      else await new Promise((resolve) => { wake = resolve; });
    }
  } finally {
    stop();
  }
}

class Lane {
  count = 0;
  bytes = 0;
  delays = [];
  asked = 0;
  /** The epoch and the last event of each room. */
  places = new Map();

  constructor(kind) {
    this.kind = kind;
    const element = document.querySelector('#lane').content.cloneNode(true).firstElementChild;
    put(element);
    const find = (selector) => element.querySelector(selector);
    [find('h2').textContent, find('.how').textContent] = texts[kind];
    [this.state, this.log, this.rows, this.form] = [find('.state'), find('.log'), find('ol'), find('form')];
    this.figures = { count: find('.count'), bytes: find('.bytes'), delay: find('.delay') };
    const [name] = texts[kind];
    element.setAttribute('aria-label', name);
    this.log.setAttribute('aria-label', fill(texts.said, name));
    find('input').setAttribute('aria-label', fill(texts.write, name));
    find('button').textContent = texts.send;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const input = find('input');
      this.say(input.value.trim());
      input.value = '';
    });
    document.querySelector('.lanes').append(element);
  }

  read = (bytes) => {
    if (this.begun) this.bytes += bytes;
  };

  isOpen(open) {
    this.state.textContent = open ? texts.open : texts.opening;
    this.state.toggleAttribute('data-open', open);
  }

  /** Comes back when it ends, as any client does. */
  async run() {
    for (;;) {
      this.isOpen(false);
      this.begun = false;
      const ending = new AbortController();
      try {
        for await (const text of opened[this.kind](this, ending.signal)) this.hear(JSON.parse(text));
      } catch (error) {
        if (error.code === 4001) return;
      }
      ending.abort();
      this.isOpen(false);
      this.socket = undefined;
      await pause(1_000 + Math.random() * 2_000);
    }
  }

  /** What a `resume` says. */
  held() {
    return { rooms: Object.fromEntries(this.places) };
  }

  hear(frame) {
    if (frame.type === 'hello') {
      this.connection = frame.connection;
    } else if (frame.type === 'resumed') {
      this.isOpen(true);
      this.begun = true;
      for (const { snapshot } of frame.rooms) if (snapshot) this.stand(snapshot);
    } else if (frame.type === 'heartbeat') {
      this.socket?.send('{"type":"heartbeat"}');
    } else if (frame.type === 'refused') {
      this.show(fill(texts.refused, frame.error.code));
    } else if (frame.type === 'joined') {
      this.stand(frame.snapshot);
    } else if (frame.type === 'event') {
      this.happened(frame.event);
    }
  }

  /** A way that cannot say what it holds is told where a room stands now: what lies between is fetched. */
  async stand({ room: { id }, epoch, head }) {
    const before = this.places.get(id);
    if (before?.epoch !== epoch) {
      this.places.set(id, { epoch, last: head });
    } else if (before.last < head) {
      const answer = await fetch(`${API}rooms/${id}/log?limit=200&after=${before.last}`);
      if (answer.ok) for (const event of (await answer.json()).events) this.happened(event);
    }
  }

  /** Each event once, whatever comes twice. */
  happened(event) {
    const place = this.places.get(event.room);
    if (!place || event.seq <= place.last) return;
    if (event.seq > place.last + 1) {
      this.stand({ room: { id: event.room }, epoch: place.epoch, head: event.seq });
      return;
    }
    place.last = event.seq;
    if (event.type === 'message_posted' && event.room === select.value) this.arrived(event);
  }

  arrived({ actor, body, client_message_id: id }) {
    this.count += 1;
    const since = written.get(id);
    const delay = since === undefined ? undefined : performance.now() - since;
    if (delay !== undefined) this.delays.push(delay);
    this.figures.count.textContent = number.format(this.count);
    this.figures.bytes.textContent = number.format(this.bytes / this.count);
    if (delay !== undefined) {
      const middle = [...this.delays].sort((a, b) => a - b)[Math.floor(this.delays.length / 2)];
      this.figures.delay.textContent = fill(texts.ms, number.format(middle));
    }
    this.show(body ?? '', names.get(actor), delay);
  }

  show(text, name, delay) {
    const row = document.createElement('li');
    const add = (tag, words) => row.append(Object.assign(document.createElement(tag), { textContent: words }), ' ');
    if (name) add('b', name);
    row.append(text, ' ');
    if (delay !== undefined) add('small', fill(texts.ms, number.format(delay)));
    this.rows.append(row);
    while (this.rows.childElementCount > SHOWN) this.rows.firstChild.remove();
    this.log.scrollTop = this.log.scrollHeight;
  }

  async say(body) {
    if (!body) return;
    const id = crypto.randomUUID?.() ?? URL.createObjectURL(new Blob()).slice(-36);
    const command = { type: 'send_message', room: select.value, client_message_id: id, body };
    written.set(id, performance.now());
    if (this.socket) {
      this.asked += 1;
      this.socket.send(JSON.stringify({ type: 'command', id: this.asked, command }));
      return;
    }
    const via = this.connection ? `?connection=${this.connection}` : '';
    const answer = await fetch(`${API}commands${via}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(command),
    }).catch(() => undefined);
    if (!answer?.ok) this.show(fill(texts.refused, (await answer?.json().catch(() => ({})))?.code ?? '–'));
  }
}

function tell(text) {
  const notice = document.querySelector('.notice');
  notice.textContent = text;
  notice.hidden = false;
}

async function begin() {
  const get = async (path) => (await fetch(API + path)).json();
  const { me } = await get('site');
  if (!me) return tell(texts.signIn);
  const [{ rooms }, { users }] = await Promise.all([get('rooms'), get('users?limit=200')]);
  for (const user of users) names.set(user.id, user.name);
  const mine = rooms.filter((listing) => listing.joined && listing.kind !== 'direct');
  for (const listing of mine) select.add(new Option(listing.name, listing.id));
  const wanted = mine.find((listing) => listing.id === location.hash.slice(1)) ?? mine.find((listing) => listing.name);
  if (wanted) select.value = wanted.id;
  for (const kind of Object.keys(opened)) new Lane(kind).run();
}

begin().catch(() => tell(texts.noServer));
