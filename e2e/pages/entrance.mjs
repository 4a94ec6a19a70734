// The pages for people who are not signed in.

class Form {
  constructor(person) {
    this.page = person.page;
    this.words = person.words;
  }

  field(name) {
    return this.page.getByLabel(name, { exact: true });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  get heading() {
    return this.page.getByRole('heading', { level: 1 });
  }
}

export class SignIn extends Form {
  get nick() { return this.field(this.words.nick); }
  get password() { return this.field(this.words.password); }
  get submit() { return this.button(this.words.signIn); }

  async as(account) {
    await this.nick.fill(account.nick);
    await this.password.fill(account.password);
    await this.submit.click();
  }
}

export class Register extends Form {
  get nick() { return this.field(this.words.nick); }
  get name() { return this.field(this.words.yourName); }
  get password() { return this.field(this.words.password); }
  get submit() { return this.button(this.words.createAccount); }

  async as({ nick, name, password }) {
    await this.nick.fill(nick);
    await this.name.fill(name);
    await this.password.fill(password);
    await this.submit.click();
  }
}

export class FirstRun extends Register {
  get place() { return this.field(this.words.placeName); }
  get room() { return this.field(this.words.firstRoom); }

  async found({ place, room, ...account }) {
    await this.place.fill(place);
    if (room) await this.room.fill(room);
    await this.as(account);
  }
}

export class Reset extends Form {
  get password() { return this.field(this.words.newPassword); }

  async choose(password) {
    await this.password.fill(password);
    await this.button('Set password').click();
  }
}
