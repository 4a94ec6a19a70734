// Somebody who uses the interface as a program does: to set a scene, or to be the other side.

export const PASSWORD = 'quiet harbour at dawn';

export class Account {
  constructor(server, { nick, name, password = PASSWORD }) {
    this.server = server;
    this.nick = nick;
    this.name = name;
    this.password = password;
  }

  /** Makes the account and signs in with a token. */
  static async register(server, { nick, name, password, ...more }) {
    const account = new Account(server, { nick, name, password });
    const answer = await account.ask('POST', 'register', {
      nick, name, password: account.password, token: true, ...more,
    });
    account.token = answer.token;
    account.id = answer.user.id;
    return account;
  }

  async signIn() {
    const { nick, password } = this;
    const answer = await this.ask('POST', 'login', { nick, password, token: true });
    this.token = answer.token;
    this.id = answer.user.id;
    return this;
  }

  /** Any call of the interface; throws what was refused, with its code. */
  async ask(method, path, body) {
    const headers = {};
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const answer = await fetch(`${this.server.url}/api/v1/${path}`, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const cookie = answer.headers.getSetCookie()[0];
    // The session of the last registration or sign-in, as a browser would keep it.
    if (cookie) this.cookie = cookie;
    const text = await answer.text();
    if (!answer.ok) {
      const refused = new Error(`${method} ${path}: ${answer.status} ${text}`);
      refused.status = answer.status;
      throw refused;
    }
    return text ? JSON.parse(text) : {};
  }

  command(type, fields = {}) {
    return this.ask('POST', 'commands', { type, ...fields });
  }

  async rooms() {
    return (await this.ask('GET', 'rooms')).rooms;
  }

  async roomNamed(name) {
    const found = (await this.rooms()).find((room) => room.name === name);
    if (!found) throw new Error(`${this.nick} sees no room ${name}`);
    return found;
  }

  makeRoom(name, kind = 'open', topic = '') {
    return this.ask('POST', 'rooms', { name, kind, topic });
  }

  add(room, person) {
    return this.ask('POST', `rooms/${room.id}/members`, { user: person.id });
  }

  join(room) {
    return this.ask('POST', `rooms/${room.id}/join`, {});
  }

  direct(...people) {
    return this.ask('POST', 'directs', { users: people.map((person) => person.id) });
  }

  say(room, body) {
    return this.ask('POST', `rooms/${room.id}/messages`, { body });
  }

  /** All that was ever said in a room, oldest first. */
  async messages(room) {
    const all = [];
    let before;
    do {
      const page = await this.ask(
        'GET', `rooms/${room.id}/messages?limit=200${before ? `&before=${before}` : ''}`,
      );
      all.unshift(...page.messages);
      before = page.before;
    } while (before);
    return all;
  }

  /** An invitation's path in the page. */
  async invite({ uses } = {}) {
    const expires_at = Date.now() + 86_400_000;
    const answer = await this.command('create_invitation', { expires_at, uses });
    return answer.link;
  }
}
