// Open rooms that one may join.

export class Browse {
  constructor(person) {
    this.person = person;
    this.page = person.page;
  }

  async at() {
    await this.page.goto('/browse');
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  row(name) {
    return this.page.getByRole('main').getByRole('listitem').filter({ hasText: name });
  }

  async join(name) {
    await this.row(name).getByRole('button', { name: /^Join/ }).click();
    const room = this.person.room(name);
    return room;
  }
}
