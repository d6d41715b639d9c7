/** Messages to the person: short news that go by themselves, and trouble that stays until dismissed. */

export interface Notice {
  readonly id: number;
  readonly kind: 'news' | 'trouble';
  readonly text: string;
}

const newsSeconds = 10;
/** Of news; trouble is never dropped. */
const mostNews = 4;

export class Notices {
  #list = $state.raw<readonly Notice[]>([]);
  #next = 1;

  get list(): readonly Notice[] {
    return this.#list;
  }

  news(text: string): void {
    const { id } = this.#add('news', text);
    setTimeout(() => this.dismiss(id), newsSeconds * 1000);
  }

  trouble(text: string): void {
    this.#add('trouble', text);
  }

  dismiss(id: number): void {
    this.#list = this.#list.filter((notice) => notice.id !== id);
  }

  #add(kind: Notice['kind'], text: string): Notice {
    const notice = { id: this.#next++, kind, text };
    // The same sentence twice says nothing new.
    this.#list = fewest([...this.#list.filter((other) => other.text !== text), notice]);
    return notice;
  }
}

/** The oldest news give way to new ones. */
function fewest(list: readonly Notice[]): readonly Notice[] {
  const news = list.filter(({ kind }) => kind === 'news');
  const old = news.slice(0, Math.max(0, news.length - mostNews));
  return list.filter((notice) => !old.includes(notice));
}
