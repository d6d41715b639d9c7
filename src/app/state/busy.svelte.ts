/** Work that a reload would cut off and that no picture's job shows: files on their way in or out, the page's API. */

export class Busy {
  #count = $state(0);

  get now(): boolean {
    return this.#count > 0;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await work();
    } finally {
      this.#count--;
    }
  }
}
